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

    /// <summary>The problem that logits and target pose to an engine.</summary>
    /// <exception cref="ArgumentException">A tensor is of the wrong type, shape or device; the message says which, what came and what was
    /// expected.</exception>
    public static LossProblem Check(Tensor logits, Tensor target, LossDefinition definition, ClassWeights weights, long ignoreIndex)
    {
        var sizes = SizesOf(logits, stackalloc long[MostDimensions]);
        var (shape, logitsType) = CheckLogits(logits, sizes);
        if (shape.Classes == 1)
            throw OneClassHasNoSoftmax(logits);
        var targetType = CheckLabels(logits, sizes, target);
        CheckWeight(shape.Classes, definition, weights);
        return new LossProblem(
            definition, shape, logitsType, targetType, TensorLayouts.Of(logits, target, gradient: null), ignoreIndex, !weights.AreAllOne || definition.FocalGamma != 0)
        {
            ChecksLabelsAtOnce = nn.check_labels_at_once,
        };
    }

    /// <summary>Checks logits.</summary>
    /// <exception cref="ArgumentException">They are of the wrong type or shape; the message says what came and what was expected.</exception>
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
                $"target must be class indices {Show([samples, .. space])} or {Show([samples, 1, .. space])}, or numbers {Show(logits.shape)}, "
                + $"for logits {Show(logits.shape)}, not {Show(target.shape)}.",
                nameof(target));
        }

        CheckDevice(logits, target, nameof(target));
        return target.dtype switch
        {
            torch.ScalarType.Int64 => LabelType.Int64,
            torch.ScalarType.Byte or torch.ScalarType.Bool => LabelType.UInt8,
            torch.ScalarType.Int8 => LabelType.Int8,
            torch.ScalarType.Int16 => LabelType.Int16,
            torch.ScalarType.Int32 => LabelType.Int32,
            var other => throw new ArgumentException(
                $"target must hold class indices as Byte, Int8, Int16, Int32 or Int64, not {other}.", nameof(target)),
        };
    }

    /// <summary>Checks that a tensor is where the logits are.</summary>
    /// <exception cref="ArgumentException">It is not.</exception>
    public static void CheckDevice(Tensor logits, Tensor tensor, string name)
    {
        if (tensor.device_type != logits.device_type || tensor.device_index != logits.device_index)
            throw new ArgumentException($"{name} must be on the device of the logits, {logits.device}, not on {tensor.device}.", name);
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
    public static void CheckOneClass(Tensor logits, CompoundTerm term)
    {
        var overlap = term.Definition.Overlap.Combination != OverlapCombination.None;
        if ((overlap && term.Options.Activation == Activation.Softmax)
            || (term.Definition.HasCrossEntropy && term.Options.VoxelActivation == Activation.Softmax))
        {
            throw OneClassHasNoSoftmax(logits);
        }

        if (term.Definition.HasCrossEntropy && term.Options.VoxelActivation == Activation.None && term.Definition.VoxelMean != VoxelMean.Elements)
        {
            throw new ArgumentException(
                $"logits {Show(logits.shape)} have one class, of which cross-entropy is always 0. Give the background a class of its own, C = 2, or take "
                + "FocalLoss with gamma = 0, which looks at 1 - p too.",
                nameof(logits));
        }

        if ((overlap && term.Definition.Overlap.FirstClass > 0) || (term.Definition.HasCrossEntropy && term.Definition.FirstVoxelClass > 0))
            throw new ArgumentException($"logits {Show(logits.shape)} have one class, and include_background = false leaves none.", nameof(logits));
    }

    /// <summary>Checks that the factors of the voxels of a class fit the number of classes.</summary>
    /// <exception cref="ArgumentException">They do not.</exception>
    public static void CheckPositiveWeight(int classes, ClassWeights? pos_weight)
    {
        if (pos_weight?.Count is { } count && count != classes)
            throw new ArgumentException($"pos_weight must have {classes} entries for logits of {classes} classes, not {count}.", nameof(pos_weight));
    }

    private static ArgumentException OneClassHasNoSoftmax(Tensor logits) => new(
        $"logits {Show(logits.shape)} have one class, whose softmax is 1 everywhere and has no gradient. "
        + "Take the sigmoid, or give the background a class of its own: C = 2.",
        nameof(logits));

    /// <summary>Checks that weights fit a loss and a number of classes.</summary>
    /// <exception cref="ArgumentException">They do not.</exception>
    public static void CheckWeight(int classes, LossDefinition definition, ClassWeights weight)
    {
        var mayOmitBackground = (!definition.HasCrossEntropy || definition.FirstVoxelClass == 1)
            && (definition.Overlap.Combination == OverlapCombination.None || definition.Overlap.FirstClass == 1);
        if (weight.Count is { } count && count != classes && !(mayOmitBackground && count == classes - 1))
        {
            var expected = mayOmitBackground ? $"{classes} entries, or {classes - 1} without the background" : $"{classes} entries";
            throw new ArgumentException($"weight must have {expected} for logits of {classes} classes, not {count}.", nameof(weight));
        }
    }
}
