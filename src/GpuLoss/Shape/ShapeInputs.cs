using GpuLoss.Autograd;
using GpuLoss.Interop.Engines;
using GpuLoss.Interop.Shape;
using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Objective;
using GpuLoss.Kernels.Shape;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Shape;

/// <summary>
/// What a caller hands to a loss of shapes, checked and as the kernels take it: predictions in float32 or float64, class indices in int32.
/// The activation is torch's own, so that the kernels differentiate by p alone.
/// </summary>
internal sealed class ShapeInputs : IDisposable
{
    private readonly DisposeScope scope;

    private ShapeInputs(DisposeScope scope, ShapeProblem problem, Tensor predictions, Tensor? labels, Tensor? numbers)
    {
        this.scope = scope;
        (Predictions, Labels, Numbers) = (predictions, labels, numbers);
        Problem = problem;
    }

    /// <summary>p, [N, C, *S], contiguous, in the graph of the logits.</summary>
    public Tensor Predictions { get; }

    /// <summary>The sizes, and where the tensors lie.</summary>
    public ShapeProblem Problem { get; }

    /// <summary>Whether a gradient is wanted.</summary>
    public bool NeedsGradient => Predictions.requires_grad && torch.is_grad_enabled();

    /// <summary>Class indices [N, V], int32, -1 where a voxel does not count; or null.</summary>
    public Tensor? Labels { get; }

    /// <summary>A number for every class, or null.</summary>
    public Tensor? Numbers { get; }

    /// <summary>The type of the kernels' numbers.</summary>
    public torch.ScalarType Type => Predictions.dtype;

    /// <summary>Checks and converts.</summary>
    /// <param name="logits">[N, C, *S].</param>
    /// <param name="target">As a module's forward takes it, or null where there is none.</param>
    /// <param name="mask">Bool, or null.</param>
    /// <param name="options">What else matters.</param>
    /// <param name="leavesIgnoredEmpty">Whether prediction and target are 0 in voxels that do not count, which then all do.</param>
    /// <exception cref="ArgumentException">A tensor is of the wrong type, shape or device, or holds what it must not.</exception>
    /// <exception cref="NotSupportedException">The tensors are not on the CPU.</exception>
    public static ShapeInputs From(Tensor logits, Tensor target, Tensor? mask, ShapeOptions options, bool leavesIgnoredEmpty = false)
    {
        LossInputs.CheckUsable(logits, nameof(logits));
        LossInputs.CheckUsable(target, nameof(target));
        if (mask is not null)
            LossInputs.CheckUsable(mask, nameof(mask));
        FusedLossFunction.ReleaseLastGradient();
        HostOnly(logits, nameof(logits));
        var scope = torch.NewDisposeScope();
        try
        {
            return Convert(scope, logits, target, mask, options, leavesIgnoredEmpty);
        }
        catch
        {
            scope.Dispose();
            throw;
        }
    }

    /// <summary>p of logits on any device.</summary>
    /// <exception cref="ArgumentException">There is no such p of so few classes.</exception>
    public static Tensor Predict(Tensor logits, LogitsShape shape, ShapeOptions options)
    {
        CheckClasses(logits, shape.Classes, options);
        var type = logits.dtype == torch.ScalarType.Float64 ? torch.ScalarType.Float64 : torch.ScalarType.Float32;
        return Activate(logits, counted: null, type, options.Activation);
    }

    /// <summary>Refuses what is not in host memory.</summary>
    /// <exception cref="NotSupportedException">It is not.</exception>
    public static void HostOnly(Tensor tensor, string name)
    {
        if (tensor.device_type != DeviceType.CPU)
        {
            throw new NotSupportedException(
                $"{name} must be on the CPU, not on {tensor.device}: the losses of shapes have no kernels for other devices yet.");
        }
    }

    /// <summary>Lets go of what is not kept for backward.</summary>
    public void Dispose() => scope.Dispose();

    private static ShapeInputs Convert(
        DisposeScope scope, Tensor logits, Tensor target, Tensor? mask, ShapeOptions options, bool leavesIgnoredEmpty)
    {
        if (mask is not null && mask.dtype != torch.ScalarType.Bool)
        {
            throw new ArgumentException($"mask must be Bool, true where a voxel counts, not {mask.dtype}: this loss has no voxel weights.",
                nameof(mask));
        }

        var call = LossInputs.Check(logits, target, mask, options.IgnoreIndex);
        var shape = call.Shape;
        CheckClasses(logits, shape.Classes, options);
        var type = call.Logits == LogitsType.Float64 ? torch.ScalarType.Float64 : torch.ScalarType.Float32;
        Tensor? labels = null, numbers = null, counted = null;
        using (torch.no_grad())
        {
            if (call.Target != TargetKind.Labels)
            {
                (numbers, counted) = (NumbersOf(mask, logits, target, type, options),
                    mask?.reshape([shape.Samples, 1, .. logits.shape[2..]]));
            }
            else
                (labels, counted) = LabelsOf(shape, logits, target, mask, options);
            if (counted is not null && counted.all().item<bool>())
                counted = null;
        }

        var predictions = Activate(logits, counted, type, options.Activation);
        if (leavesIgnoredEmpty && counted is not null)
        {
            using Scalar zero = 0;
            var left = counted.logical_not();
            (predictions, numbers, counted) = (predictions.masked_fill(left, zero), numbers?.masked_fill(left, zero), null);
        }

        var problem = new ShapeProblem(
            shape.Samples, shape.Classes, options.IncludeBackground ? 0 : 1, options.GridOf(logits.shape.AsSpan(2)),
                type == torch.ScalarType.Float64)
        {
            Predictions = TensorMemory.AddressOf(predictions),
            Labels = labels is null ? 0 : TensorMemory.AddressOf(labels),
            Numbers = numbers is null ? 0 : TensorMemory.AddressOf(numbers),
            Counted = counted is null ? 0 : TensorMemory.AddressOf(counted = counted.contiguous()),
        };
        return new(scope, problem, predictions, labels, numbers);
    }

    private static void CheckClasses(Tensor logits, int classes, ShapeOptions options)
    {
        if (classes == 1 && options.Activation == nn.Activation.Softmax)
        {
            throw new ArgumentException(
                $"logits {LossInputs.Show(logits.shape)} have one class, whose softmax is 1 everywhere and has no gradient. Take the sigmoid, or give the "
                + "background a class of its own: C = 2.",
                nameof(logits));
        }

        if (logits.dim() - 2 > options.MostAxes)
            throw new ArgumentException($"logits must have {options.MostAxes} spatial axes at most for this loss, not {LossInputs.Show(logits.shape)}.", nameof(logits));
        if (classes == 1 && !options.IncludeBackground)
            throw new ArgumentException($"logits {LossInputs.Show(logits.shape)} have one class, and include_background = false leaves none.", nameof(logits));
    }

    /// <summary>Voxels that do not count are taken for logits of 0: whatever they hold, no gradient goes there.</summary>
    private static Tensor Activate(Tensor logits, Tensor? counted, torch.ScalarType type, nn.Activation activation)
    {
        using Scalar zero = 0;
        var wide = logits.to_type(type);
        if (counted is not null)
            wide = wide.masked_fill(counted.logical_not(), zero);
        return (activation switch
        {
            nn.Activation.Softmax => wide.softmax(1),
            nn.Activation.Sigmoid => wide.sigmoid(),
            _ => wide.alias(),
        }).contiguous();
    }

    private static Tensor NumbersOf(
        Tensor? mask, Tensor logits, Tensor target, torch.ScalarType type, ShapeOptions options)
    {
        var numbers = target.to_type(type).contiguous();
        var valid = numbers.ge(0) & numbers.le(1);
        if (mask is not null)
            valid |= mask.reshape([numbers.shape[0], 1, .. numbers.shape[2..]]).logical_not();
        if (!valid.all().item<bool>())
            RefuseTarget(logits, target, mask, options);
        return numbers;
    }

    private static (Tensor Labels, Tensor? Counted) LabelsOf(LogitsShape shape, Tensor logits, Tensor target, Tensor? mask,
        ShapeOptions options)
    {
        var counted = mask is null ? target : VoxelMask.Apply(target, mask, options.IgnoreIndex);
        var selected = counted.contiguous();
        var type = LossInputs.CheckLabels(logits, logits.shape, selected);
        var labels = torch.empty([shape.Samples, shape.Voxels], dtype: torch.ScalarType.Int32);
        var (invalid, allCount) = HostShapes.ReadLabels(
            type, TensorMemory.AddressOf(selected), selected.numel(), Math.Max(2, shape.Classes), options.IgnoreIndex,
                TensorMemory.AddressOf(labels));
        if (invalid > 0)
            RefuseTarget(logits, target, mask, options);
        return (labels, allCount ? null : labels.ge(0).reshape([shape.Samples, 1, .. logits.shape[2..]]));
    }

    /// <summary>Says what is wrong with a target, in the words of the fused losses.</summary>
    private static void RefuseTarget(Tensor logits, Tensor target, Tensor? mask, ShapeOptions options)
    {
        using var detached = logits.detach();
        nn.functional.overlap_statistics(detached, target, ignore_index: options.IgnoreIndex, activation: nn.Activation.Sigmoid,
            mask: mask).Dispose();
        throw new ArgumentException("target must hold labels of the classes, or numbers from 0 to 1.", nameof(target));
    }
}
