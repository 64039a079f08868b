using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>What a caller hands to a loss, checked and in the types that an engine's general passes take. Copies are made only of what is in no such
/// type.</summary>
internal sealed class GeneralInputs : IDisposable
{
    private GeneralInputs(Tensor logits, Tensor target, Tensor? mask) => (Logits, Target, Mask) = (logits, target, mask);

    /// <summary>[N, C, *S], a copy only where the engine does not read the caller's in place.</summary>
    public Tensor Logits { get; }

    /// <summary>The target.</summary>
    public Tensor Target { get; }

    /// <summary>The voxel weights, or null.</summary>
    public Tensor? Mask { get; }

    /// <summary>The call, but for its sums.</summary>
    public GeneralProblem Problem { get; private init; }

    /// <summary>Whether the target holds a number for every class.</summary>
    public bool IsDense => Problem.Target != TargetKind.Labels;

    /// <summary>Checks and converts.</summary>
    /// <exception cref="ArgumentException">A tensor is of the wrong type, shape or device, or wants a gradient that it will not get; or labels to be
    /// ignored are asked for where there are no labels.</exception>
    public static GeneralInputs From(Tensor logits, Tensor target, Tensor? mask, long ignoreIndex, ILossEngine engine)
    {
        var sizes = LossInputs.SizesOf(logits, stackalloc long[LossInputs.MostDimensions]);
        var (shape, type) = LossInputs.CheckLogits(logits, sizes);
        CheckNoGradient(target, nameof(target));
        var isDense = target.is_floating_point() || (sizes[1] > 1 && target.shape.AsSpan().SequenceEqual(sizes));
        var label = LabelType.UInt8;
        if (isDense)
            CheckDense(logits, target, ignoreIndex);
        else
            label = LossInputs.CheckLabels(logits, sizes, target);
        if (mask is not null)
            CheckMask(logits, sizes, mask);
        var problem = new GeneralProblem(
            shape, type, isDense ? KindOf(target.dtype) : TargetKind.Labels, label, mask is null ? MaskKind.None : MaskKindOf(mask.dtype), ignoreIndex, Sums: 1)
        {
            ChecksLabelsAtOnce = nn.check_labels_at_once,
        };
        return Convert(logits, target, mask, problem, engine);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Logits.Dispose();
        Target.Dispose();
        Mask?.Dispose();
    }

    private static GeneralInputs Convert(Tensor logits, Tensor target, Tensor? mask, GeneralProblem problem, ILossEngine engine)
    {
        // What is computed in holds whatever came.
        var wide = problem.Logits == LogitsType.Float64 ? torch.ScalarType.Float64 : torch.ScalarType.Float32;
        var isTargetTaken = problem.Target is TargetKind.Labels or TargetKind.UInt8
            || (target.is_floating_point() && engine.Takes(problem with { Mask = MaskKind.None }));
        var isMaskTaken = mask is null || mask.dtype is torch.ScalarType.Bool or torch.ScalarType.Byte || mask.dtype == wide;
        using var noGraph = torch.no_grad();
        using var ownTarget = isTargetTaken ? target.alias() : target.to_type(wide);
        using var ownMask = mask is null ? null : isMaskTaken ? mask.alias() : mask.to_type(wide);
        var converted = problem with
        {
            Target = isTargetTaken ? problem.Target : KindOf(wide),
            Mask = isMaskTaken ? problem.Mask : MaskKindOf(wide),
        };
        var inPlace = converted with { Layout = TensorLayouts.Of(logits, ownTarget, gradient: null, ownMask) };
        if (engine.Takes(inPlace))
            return new(InGraph(logits, logits.is_contiguous() ? logits.contiguous : logits.alias), ownTarget.alias(), ownMask?.alias()) { Problem = inPlace };
        return engine.Takes(converted)
            ? new(InGraph(logits, logits.contiguous), ownTarget.contiguous(), ownMask?.contiguous()) { Problem = converted }
            : throw new ArgumentException($"logits of type {logits.dtype} are not supported on {logits.device}.", nameof(logits));
    }

    /// <summary>What is made of logits as an operation of the graph: backward goes through it.</summary>
    private static Tensor InGraph(Tensor logits, Func<Tensor> operation)
    {
        using (torch.set_grad_enabled(logits.requires_grad))
            return operation();
    }

    private static void CheckDense(Tensor logits, Tensor target, long ignoreIndex)
    {
        if (!target.shape.AsSpan().SequenceEqual(logits.shape))
        {
            throw new ArgumentException(
                $"target of type {target.dtype} must hold a number for every class and voxel, {LossInputs.Show(logits.shape)}, not "
                + $"{LossInputs.Show(target.shape)}; class indices are whole numbers.",
                nameof(target));
        }

        LossInputs.CheckDevice(logits, target, nameof(target));
        if (ignoreIndex != nn.DefaultIgnoreIndex)
        {
            throw new ArgumentException(
                $"ignore_index = {ignoreIndex} means nothing in a target of numbers {LossInputs.Show(target.shape)}: leave voxels out with a mask.", nameof(target));
        }
    }

    private static void CheckMask(Tensor logits, ReadOnlySpan<long> sizes, Tensor mask)
    {
        CheckNoGradient(mask, nameof(mask));
        var space = sizes[2..].ToArray();
        var shape = mask.shape;
        if (!shape.AsSpan().SequenceEqual([sizes[0], 1, .. space]) && !shape.AsSpan().SequenceEqual([sizes[0], .. space]))
        {
            throw new ArgumentException(
                $"mask must be {LossInputs.Show([sizes[0], 1, .. space])} or {LossInputs.Show([sizes[0], .. space])} for logits "
                + $"{LossInputs.Show(logits.shape)}, not {LossInputs.Show(shape)}.",
                nameof(mask));
        }

        if (!mask.is_floating_point() && mask.dtype is not (torch.ScalarType.Bool or torch.ScalarType.Byte))
            throw new ArgumentException($"mask must be Bool, Byte or floating-point voxel weights, not {mask.dtype}.", nameof(mask));
        LossInputs.CheckDevice(logits, mask, nameof(mask));
    }

    private static void CheckNoGradient(Tensor tensor, string name)
    {
        if (tensor.requires_grad && torch.is_grad_enabled())
            throw new ArgumentException($"{name} requires a gradient, and a fused loss has one with respect to the logits only: detach it.", name);
    }

    /// <summary>Whole numbers that do not fit a byte are converted like other types that no engine takes.</summary>
    private static TargetKind KindOf(torch.ScalarType type) => type switch
    {
        torch.ScalarType.Bool or torch.ScalarType.Byte => TargetKind.UInt8,
        torch.ScalarType.Float64 => TargetKind.Float64,
        torch.ScalarType.Float16 => TargetKind.Float16,
        torch.ScalarType.BFloat16 => TargetKind.BFloat16,
        _ => TargetKind.Float32,
    };

    private static MaskKind MaskKindOf(torch.ScalarType type) => type switch
    {
        torch.ScalarType.Bool or torch.ScalarType.Byte => MaskKind.UInt8,
        torch.ScalarType.Float64 => MaskKind.Float64,
        _ => MaskKind.Float32,
    };
}
