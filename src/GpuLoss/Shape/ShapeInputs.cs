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

    private ShapeInputs(
        DisposeScope scope, IShapeEngine engine, ShapeProblem problem, Tensor predictions, Tensor? labels, Tensor? numbers, Tensor? counted)
    {
        this.scope = scope;
        (Predictions, Labels, Numbers, Counted) = (predictions, labels, numbers, counted);
        (Engine, Problem) = (engine, problem);
    }

    /// <summary>What computes on the device of the tensors.</summary>
    public IShapeEngine Engine { get; }

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

    /// <summary>Bool [N, 1, *S], false where a voxel does not count; null where all do.</summary>
    public Tensor? Counted { get; }

    /// <summary>The type of the kernels' numbers.</summary>
    public torch.ScalarType Type => Predictions.dtype;

    /// <summary>What makes a mean over the voxels of a sample that count of their sum: float64 [N, 1], or [1] for all.</summary>
    public Tensor Shares()
    {
        if (Counted is null)
            return torch.full([1], 1.0 / Problem.Grid.Voxels, dtype: torch.ScalarType.Float64, device: Predictions.device);
        return 1 / Counted.flatten(1).sum(1, keepdim: true).clamp_min(1).to_type(torch.ScalarType.Float64);
    }

    /// <summary>An empty tensor where the predictions are.</summary>
    public Tensor Empty(ReadOnlySpan<long> shape, torch.ScalarType type) => torch.empty(shape, dtype: type, device: Predictions.device);

    /// <summary>Scratch memory where the predictions are.</summary>
    public Tensor Scratch(long bytes) => Empty([bytes], torch.ScalarType.Byte);

    /// <summary>Checks and converts.</summary>
    /// <param name="logits">[N, C, *S].</param>
    /// <param name="target">As a module's forward takes it, or null where there is none.</param>
    /// <param name="mask">Bool, or null.</param>
    /// <param name="options">What else matters.</param>
    /// <param name="leavesIgnoredEmpty">Whether prediction and target are 0 in voxels that do not count, which then all do.</param>
    /// <exception cref="ArgumentException">A tensor is of the wrong type, shape or device, or holds what it must not.</exception>
    /// <exception cref="NotSupportedException">The tensors are on neither the CPU nor a GPU.</exception>
    public static ShapeInputs From(Tensor logits, Tensor target, Tensor? mask, ShapeOptions options, bool leavesIgnoredEmpty = false)
    {
        LossInputs.CheckUsable(logits, nameof(logits));
        LossInputs.CheckUsable(target, nameof(target));
        if (mask is not null)
            LossInputs.CheckUsable(mask, nameof(mask));
        FusedLossFunction.ReleaseLastGradient();
        var engine = EngineOf(logits, nameof(logits));
        var scope = torch.NewDisposeScope();
        try
        {
            return Convert(scope, engine, logits, target, mask, options, leavesIgnoredEmpty);
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

    /// <summary>What computes on the device of a tensor.</summary>
    /// <exception cref="NotSupportedException">There is nothing for that kind of device, or no CUDA driver.</exception>
    public static IShapeEngine EngineOf(Tensor tensor, string name) => tensor.device_type is DeviceType.CPU or DeviceType.CUDA
        ? ShapeEngines.For(tensor.device)
        : throw new NotSupportedException(
            $"{name} must be on the CPU or a CUDA device, not on {tensor.device}: the losses of shapes have no kernels for other devices.");

    /// <summary>Lets go of what is not kept for backward.</summary>
    public void Dispose() => scope.Dispose();

    private static ShapeInputs Convert(
        DisposeScope scope, IShapeEngine engine, Tensor logits, Tensor target, Tensor? mask, ShapeOptions options, bool leavesIgnoredEmpty)
    {
        if (mask is not null && mask.dtype != torch.ScalarType.Bool)
        {
            throw new ArgumentException($"mask must be Bool, true where a voxel counts, not {mask.dtype}: this loss has no voxel weights.",
                nameof(mask));
        }

        var call = LossInputs.Check(logits, target, mask, options.IgnoreIndex);
        var shape = call.Shape;
        CheckClasses(logits, shape.Classes, options);
        var type = TensorLayouts.WideTypeOf(call.Logits);
        if (engine.IsEnqueued && type == torch.ScalarType.Float64)
        {
            throw new ArgumentException(
                $"logits must be Float32, Float16 or BFloat16 on {logits.device}, not {logits.dtype}: losses compute in float32 there.",
                nameof(logits));
        }

        Tensor? labels = null, numbers = null, counted = null;
        using (torch.no_grad())
        {
            if (call.Target != TargetKind.Labels)
            {
                (numbers, counted) = (NumbersOf(engine, mask, logits, target, type, options),
                    mask?.reshape([shape.Samples, 1, .. logits.shape[2..]]));
            }
            else
                (labels, counted) = LabelsOf(engine, shape, logits, target, mask, options);
            if (counted is not null && !engine.IsEnqueued && counted.all().item<bool>())
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
        return new(scope, engine, problem, predictions, labels, numbers, counted);
    }

    private static void CheckClasses(Tensor logits, int classes, ShapeOptions options)
    {
        if (classes == 1 && options.Activation == nn.Activation.Softmax)
        {
            throw new ArgumentException(
                $"logits {LossInputs.Show(logits.shape)} have one class, whose softmax is 1 everywhere and has no gradient. "
                + "Take the sigmoid, or give the background a class of its own: C = 2.",
                nameof(logits));
        }

        if (logits.dim() - 2 > options.MostAxes)
            throw new ArgumentException(
                $"logits must have {options.MostAxes} spatial axes at most for this loss, not {LossInputs.Show(logits.shape)}.",
                nameof(logits));
        if (classes == 1 && !options.IncludeBackground)
            throw new ArgumentException(
                $"logits {LossInputs.Show(logits.shape)} have one class, and include_background = false leaves none.", nameof(logits));
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
        IShapeEngine engine, Tensor? mask, Tensor logits, Tensor target, torch.ScalarType type, ShapeOptions options)
    {
        var numbers = target.to_type(type).contiguous();
        if (engine.IsEnqueued)
        {
            CheckTarget(logits, target, mask, options);
            return numbers;
        }

        var valid = numbers.ge(0) & numbers.le(1);
        if (mask is not null)
            valid |= mask.reshape([numbers.shape[0], 1, .. numbers.shape[2..]]).logical_not();
        if (!valid.all().item<bool>())
            RefuseTarget(logits, target, mask, options);
        return numbers;
    }

    private static (Tensor Labels, Tensor? Counted) LabelsOf(
        IShapeEngine engine, LogitsShape shape, Tensor logits, Tensor target, Tensor? mask, ShapeOptions options)
    {
        var counted = mask is null ? target : VoxelMask.Apply(target, mask, options.IgnoreIndex);
        var selected = counted.contiguous();
        var type = LossInputs.CheckLabels(logits, logits.shape, selected);
        var classes = Math.Max(2, shape.Classes);
        if (engine.IsEnqueued)
        {
            CheckTarget(logits, target, mask, options);
            using Scalar none = -1;
            var isClass = (selected.ge(0) & selected.lt(classes) & selected.ne(options.IgnoreIndex))
                .reshape([shape.Samples, 1, .. logits.shape[2..]]);
            return (selected.to_type(torch.ScalarType.Int32).reshape(isClass.shape).masked_fill(isClass.logical_not(), none), isClass);
        }

        var labels = torch.empty([shape.Samples, shape.Voxels], dtype: torch.ScalarType.Int32);
        var (invalid, allCount) = HostShapes.ReadLabels(
            type, TensorMemory.AddressOf(selected), selected.numel(), classes, options.IgnoreIndex, TensorMemory.AddressOf(labels));
        if (invalid > 0)
            RefuseTarget(logits, target, mask, options);
        return (labels, allCount ? null : labels.ge(0).reshape([shape.Samples, 1, .. logits.shape[2..]]));
    }

    /// <summary>Has a target checked as the fused losses check it: on a GPU by a pass that is reported later.</summary>
    private static void CheckTarget(Tensor logits, Tensor target, Tensor? mask, ShapeOptions options)
    {
        using var detached = logits.detach();
        nn.functional.overlap_statistics(detached, target, ignore_index: options.IgnoreIndex, activation: nn.Activation.Sigmoid,
            mask: mask).Dispose();
    }

    /// <summary>Says what is wrong with a target, in the words of the fused losses.</summary>
    private static void RefuseTarget(Tensor logits, Tensor target, Tensor? mask, ShapeOptions options)
    {
        CheckTarget(logits, target, mask, options);
        throw new ArgumentException("target must hold labels of the classes, or numbers from 0 to 1.", nameof(target));
    }
}
