using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>Checks what a caller hands to a loss, before anything is computed.</summary>
internal static class LossInputs
{
    private const int LeastDimensions = 3;

    /// <summary>As many as torch itself takes in most of its operations.</summary>
    public const int MostDimensions = 64;

    /// <summary>The problem that logits, target and mask pose, but for its sums.</summary>
    /// <exception cref="ArgumentException">A tensor is of the wrong type, shape or device, or wants a gradient that it will not get; or the
    /// loss is not defined for so few classes, or has weights for another number. The message says which, what came and what was
    /// expected.</exception>
    public static LossProblem Check(Tensor logits, Tensor target, Tensor? mask, LossTerms terms)
    {
        var problem = Check(logits, target, mask, terms.IgnoreIndex);
        foreach (var term in terms.All)
        {
            if (problem.Shape.Classes == 1)
                CheckOneClass(logits, term);
            CheckWeight(problem.Shape.Classes, term.Definition, term.Weights);
            CheckPositiveWeight(problem.Shape.Classes, term.Options.PositiveWeights);
            if (term.Options.Distances is { } distances)
                CheckDistances(problem, target, dist_matrix: distances);
        }

        return problem;
    }

    /// <summary>The same for any loss.</summary>
    /// <exception cref="ArgumentException">Likewise.</exception>
    public static LossProblem Check(Tensor logits, Tensor target, Tensor? mask, long ignoreIndex)
    {
        CheckUsable(logits, nameof(logits));
        CheckUsable(target, nameof(target));
        if (mask is not null)
            CheckUsable(mask, nameof(mask));
        var sizes = SizesOf(logits, stackalloc long[MostDimensions]);
        var (shape, type) = CheckLogits(logits, sizes);
        CheckNoGradient(target, nameof(target));
        var isDense = target.is_floating_point() || (sizes[1] > 1 && target.dim() == sizes.Length && target.size(1) == sizes[1]);
        var label = LabelType.UInt8;
        if (isDense)
            CheckDense(logits, target, ignoreIndex);
        else
            label = CheckLabels(logits, sizes, target);
        if (mask is not null)
            CheckMask(logits, sizes, mask);
        var ofMask = mask is null ? MaskKind.None : isDense && mask.dtype == torch.ScalarType.Bool ? MaskKind.UInt8
            : MaskKindOf(mask.dtype);
        return new LossProblem(shape, type, isDense ? TargetKindOf(target.dtype) : TargetKind.Labels, label, ofMask, ignoreIndex, Sums: [])
        {
            ChecksLabelsAtOnce = nn.check_labels_at_once,
        };
    }

    /// <summary>What a target of numbers holds. Whole numbers that do not fit a byte are converted like other types that no engine
    /// takes.</summary>
    public static TargetKind TargetKindOf(torch.ScalarType type) => type switch
    {
        torch.ScalarType.Bool or torch.ScalarType.Byte => TargetKind.UInt8,
        torch.ScalarType.Float64 => TargetKind.Float64,
        torch.ScalarType.Float16 => TargetKind.Float16,
        torch.ScalarType.BFloat16 => TargetKind.BFloat16,
        _ => TargetKind.Float32,
    };

    /// <summary>What voxel weights hold.</summary>
    public static MaskKind MaskKindOf(torch.ScalarType type) => type switch
    {
        torch.ScalarType.Bool => MaskKind.Bool,
        torch.ScalarType.Byte => MaskKind.UInt8,
        torch.ScalarType.Float64 => MaskKind.Float64,
        _ => MaskKind.Float32,
    };

    /// <summary>Checks logits.</summary>
    /// <exception cref="ArgumentException">They are of the wrong type or shape; the message says what came and what was
    /// expected.</exception>
    public static (LogitsShape Shape, LogitsType Type) CheckLogits(Tensor logits, ReadOnlySpan<long> sizes)
    {
        var logitsType = LogitsTypeOf(logits);
        if (sizes.Length < LeastDimensions)
        {
            throw new ArgumentException(
                $"logits must be [N, C, *S] with 1 to {MostDimensions - 2} spatial dimensions, not {Show(logits.shape)}.", nameof(logits));
        }

        if (sizes.Contains(0))
            throw new ArgumentException($"logits must not be empty, but are {Show(logits.shape)}.", nameof(logits));
        if (sizes[0] > int.MaxValue || sizes[1] > int.MaxValue)
            throw new ArgumentException($"logits {Show(logits.shape)} have too many samples or classes.", nameof(logits));
        var voxels = 1L;
        foreach (var size in sizes[2..])
            voxels *= size;
        return (new LogitsShape((int)sizes[0], (int)sizes[1], voxels), logitsType);
    }

    /// <summary>A shape as torch prints it.</summary>
    public static string Show(long[] shape) => $"[{string.Join(", ", shape)}]";

    /// <summary>Checks that there is a tensor, and a dense one.</summary>
    public static void CheckUsable(Tensor tensor, string name)
    {
        ArgumentNullException.ThrowIfNull(tensor, name);
        ObjectDisposedException.ThrowIf(tensor.IsInvalid, tensor);
        if (tensor.is_sparse)
            throw new ArgumentException($"{name} must be a dense tensor, not a sparse one.", name);
    }

    private static LogitsType LogitsTypeOf(Tensor logits) => logits.dtype switch
    {
        torch.ScalarType.Float32 => LogitsType.Float32,
        torch.ScalarType.Float64 => LogitsType.Float64,
        torch.ScalarType.Float16 => LogitsType.Float16,
        torch.ScalarType.BFloat16 => LogitsType.BFloat16,
        var other => throw new ArgumentException(
            $"logits must be Float32, Float64, Float16 or BFloat16, not {other}.", nameof(logits)),
    };

    /// <summary>The sizes of a tensor, one by one: <see cref="Tensor.shape"/> takes a fifth of the time of a small loss.</summary>
    /// <exception cref="ArgumentException">There are more than fit.</exception>
    public static ReadOnlySpan<long> SizesOf(Tensor tensor, Span<long> sizes)
    {
        var dimensions = (int)tensor.dim();
        if (dimensions > sizes.Length)
            throw new ArgumentException($"A tensor must have {MostDimensions} dimensions at most, not {dimensions}.", nameof(tensor));
        for (var i = 0; i < dimensions; i++)
            sizes[i] = tensor.size(i);
        return sizes[..dimensions];
    }

    /// <summary>Checks class indices.</summary>
    /// <exception cref="ArgumentException">They are of the wrong type, shape or device.</exception>
    public static LabelType CheckLabels(Tensor logits, ReadOnlySpan<long> logitsSizes, Tensor target)
    {
        if (!IsTargetOf(logitsSizes, target))
        {
            var (samples, space) = (logitsSizes[0], logitsSizes[2..].ToArray());
            throw new ArgumentException(
                $"target must be class indices {Show([samples, .. space])} or {Show([samples, 1, .. space])}, "
                + $"or numbers {Show(logits.shape)}, for logits {Show(logits.shape)}, not {Show(target.shape)}.",
                nameof(target));
        }

        CheckDevice(logits, target, nameof(target));
        return LabelTypeOf(target);
    }

    /// <summary>The type of class indices.</summary>
    /// <exception cref="ArgumentException">There are none of this type.</exception>
    public static LabelType LabelTypeOf(Tensor target) => target.dtype switch
    {
        torch.ScalarType.Int64 => LabelType.Int64,
        torch.ScalarType.Byte or torch.ScalarType.Bool => LabelType.UInt8,
        torch.ScalarType.Int8 => LabelType.Int8,
        torch.ScalarType.Int16 => LabelType.Int16,
        torch.ScalarType.Int32 => LabelType.Int32,
        var other => throw new ArgumentException(
            $"target must hold class indices as Byte, Int8, Int16, Int32 or Int64, not {other}.", nameof(target)),
    };

    /// <summary>Checks that a tensor is where the logits are.</summary>
    /// <exception cref="ArgumentException">It is not.</exception>
    public static void CheckDevice(Tensor logits, Tensor tensor, string name)
    {
        if (tensor.device_type != logits.device_type || tensor.device_index != logits.device_index)
            throw new ArgumentException($"{name} must be on the device of the logits, {logits.device}, not on {tensor.device}.", name);
    }

    private static void CheckDense(Tensor logits, Tensor target, long ignoreIndex)
    {
        if (!target.shape.AsSpan().SequenceEqual(logits.shape))
        {
            throw new ArgumentException(
                $"target of type {target.dtype} must hold a number for every class and voxel, {Show(logits.shape)}, not "
                + $"{Show(target.shape)}; class indices are whole numbers.",
                nameof(target));
        }

        CheckDevice(logits, target, nameof(target));
        if (ignoreIndex != nn.DefaultIgnoreIndex)
        {
            throw new ArgumentException(
                $"ignore_index = {ignoreIndex} means nothing in a target of numbers {Show(target.shape)}: leave voxels out with a mask.",
                nameof(target));
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
                $"mask must be {Show([sizes[0], 1, .. space])} or {Show([sizes[0], .. space])} for logits "
                + $"{Show(logits.shape)}, not {Show(shape)}.",
                nameof(mask));
        }

        if (!mask.is_floating_point() && mask.dtype is not (torch.ScalarType.Bool or torch.ScalarType.Byte))
            throw new ArgumentException($"mask must be Bool, Byte or floating-point voxel weights, not {mask.dtype}.", nameof(mask));
        CheckDevice(logits, mask, nameof(mask));
    }

    private static void CheckNoGradient(Tensor tensor, string name)
    {
        if (tensor.requires_grad && torch.is_grad_enabled())
            throw new ArgumentException(
                $"{name} requires a gradient, and a fused loss has one with respect to the logits only: detach it.", name);
    }

    /// <summary>Whether a target is [N, *S] or [N, 1, *S].</summary>
    private static bool IsTargetOf(ReadOnlySpan<long> logitsSizes, Tensor target)
    {
        var dimensions = target.dim();
        if (dimensions != logitsSizes.Length && dimensions != logitsSizes.Length - 1)
            return false;
        var sizes = SizesOf(target, stackalloc long[MostDimensions]);
        var space = sizes[1..];
        if (dimensions == logitsSizes.Length)
        {
            if (space[0] != 1)
                return false;
            space = space[1..];
        }

        return sizes[0] == logitsSizes[0] && space.SequenceEqual(logitsSizes[2..]);
    }

    /// <summary>Checks that a term is defined where there is only one class.</summary>
    /// <exception cref="ArgumentException">It takes the softmax, or leaves the class out.</exception>
    private static void CheckOneClass(Tensor logits, LossTerm term)
    {
        if ((term.HasOverlap && term.Options.Activation == Activation.Softmax)
            || (term.Definition.HasVoxelTerm && term.Options.VoxelActivation == Activation.Softmax))
        {
            throw OneClassHasNoSoftmax(logits);
        }

        if (term.Definition.HasVoxelTerm && term.Options.VoxelActivation == Activation.None
            && term.Definition.VoxelMean != VoxelMean.Elements)
        {
            throw new ArgumentException(
                $"logits {Show(logits.shape)} have one class, of which cross-entropy is always 0. Give the background a class of its own, "
                + "C = 2, or take FocalLoss with gamma = 0, which looks at 1 - p too.",
                nameof(logits));
        }

        if ((term.HasOverlap && term.Definition.Overlap.FirstClass > 0)
            || (term.Definition.HasVoxelTerm && term.Definition.FirstVoxelClass > 0))
            throw new ArgumentException(
                $"logits {Show(logits.shape)} have one class, and include_background = false leaves none.", nameof(logits));
    }

    /// <summary>Checks that the factors of the voxels of a class fit the number of classes.</summary>
    /// <exception cref="ArgumentException">They do not.</exception>
    private static void CheckPositiveWeight(int classes, ClassWeights? pos_weight)
    {
        if (pos_weight?.Count is { } count && count != classes)
            throw new ArgumentException(
                $"pos_weight must have {classes} entries for logits of {classes} classes, not {count}.", nameof(pos_weight));
    }

    /// <summary>Checks that there are distances of every class from every label.</summary>
    /// <exception cref="ArgumentException">There are not, or no labels.</exception>
    private static void CheckDistances(LossProblem problem, Tensor target, double[] dist_matrix)
    {
        var classes = problem.Shape.Classes;
        if (dist_matrix.Length != (long)classes * classes)
        {
            var rows = (int)Math.Sqrt(dist_matrix.Length);
            throw new ArgumentException(
                $"dist_matrix must be [{classes}, {classes}] for logits of {classes} classes, not [{rows}, {rows}].", nameof(dist_matrix));
        }

        if (problem.Target != TargetKind.Labels)
            throw new ArgumentException(
                $"target must be class indices, from which there are distances, not numbers {Show(target.shape)}.", nameof(target));
    }

    private static ArgumentException OneClassHasNoSoftmax(Tensor logits) => new(
        $"logits {Show(logits.shape)} have one class, whose softmax is 1 everywhere and has no gradient. "
        + "Take the sigmoid, or give the background a class of its own: C = 2.",
        nameof(logits));

    /// <summary>Checks that weights fit a loss and a number of classes.</summary>
    /// <exception cref="ArgumentException">They do not.</exception>
    private static void CheckWeight(int classes, LossDefinition definition, ClassWeights weight)
    {
        var mayOmitBackground = (!definition.HasVoxelTerm || definition.FirstVoxelClass == 1)
            && (definition.Overlap.Combination == OverlapCombination.None || definition.Overlap.FirstClass == 1);
        if (weight.Count is { } count && count != classes && !(mayOmitBackground && count == classes - 1))
        {
            var expected = mayOmitBackground ? $"{classes} entries, or {classes - 1} without the background" : $"{classes} entries";
            throw new ArgumentException($"weight must have {expected} for logits of {classes} classes, not {count}.", nameof(weight));
        }
    }
}
