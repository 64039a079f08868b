using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>Checks what a caller hands to a loss, before anything is computed.</summary>
internal static class LossInputs
{
    private const int LeastDimensions = 3;
    private const int MostDimensions = 5;

    /// <summary>The problem that logits and target pose to an engine.</summary>
    /// <exception cref="ArgumentException">A tensor is of the wrong type, shape or device; the message says which, what came and what was
    /// expected.</exception>
    public static LossProblem Check(Tensor logits, Tensor target, LossDefinition definition, ClassWeights weights, long ignoreIndex)
    {
        CheckUsable(logits, nameof(logits));
        CheckUsable(target, nameof(target));
        if (logits.dtype != torch.ScalarType.Float32)
            throw new ArgumentException($"logits must be Float32, not {logits.dtype}.", nameof(logits));
        if (logits.dim() is < LeastDimensions or > MostDimensions)
        {
            throw new ArgumentException(
                $"logits must be [N, C, *S] with 1 to 3 spatial dimensions, not {Show(logits.shape)}.", nameof(logits));
        }

        if (logits.numel() == 0)
            throw new ArgumentException($"logits must not be empty, but are {Show(logits.shape)}.", nameof(logits));
        if (logits.shape[1] == 1)
        {
            throw new ArgumentException(
                $"logits {Show(logits.shape)} have one class, whose softmax is 1 everywhere and has no gradient. "
                + "Give the background a class of its own: C = 2.",
                nameof(logits));
        }

        if (logits.shape[0] > int.MaxValue || logits.shape[1] > int.MaxValue)
            throw new ArgumentException($"logits {Show(logits.shape)} have too many samples or classes.", nameof(logits));
        var shape = new LogitsShape((int)logits.shape[0], (int)logits.shape[1], logits.numel() / logits.shape[0] / logits.shape[1]);
        var targetType = CheckTarget(logits, target);
        CheckWeight(shape.Classes, definition, weights);
        return new LossProblem(
            definition, shape, LogitsType.Float32, targetType, Layout: null, ignoreIndex, !weights.AreAllOne);
    }

    /// <summary>A shape as torch prints it.</summary>
    public static string Show(long[] shape) => $"[{string.Join(", ", shape)}]";

    private static void CheckUsable(Tensor tensor, string name)
    {
        ArgumentNullException.ThrowIfNull(tensor, name);
        ObjectDisposedException.ThrowIf(tensor.IsInvalid, tensor);
        if (tensor.is_sparse)
            throw new ArgumentException($"{name} must be a dense tensor, not a sparse one.", name);
    }

    private static LabelType CheckTarget(Tensor logits, Tensor target)
    {
        var withoutChannel = (long[])[logits.shape[0], .. logits.shape[2..]];
        var withChannel = (long[])[logits.shape[0], 1, .. logits.shape[2..]];
        if (!target.shape.AsSpan().SequenceEqual(withoutChannel) && !target.shape.AsSpan().SequenceEqual(withChannel))
        {
            throw new ArgumentException(
                $"target must be {Show(withoutChannel)} or {Show(withChannel)} for logits {Show(logits.shape)}, not {Show(target.shape)}.",
                nameof(target));
        }

        if (target.device_type != logits.device_type || target.device_index != logits.device_index)
        {
            throw new ArgumentException(
                $"target must be on the device of the logits, {logits.device}, not on {target.device}.", nameof(target));
        }

        return target.dtype switch
        {
            torch.ScalarType.Byte => LabelType.UInt8,
            torch.ScalarType.Int64 => LabelType.Int64,
            _ => throw new ArgumentException($"target must hold class indices as Byte or Int64, not {target.dtype}.", nameof(target)),
        };
    }

    private static void CheckWeight(int classes, LossDefinition definition, ClassWeights weight)
    {
        var overlap = definition.Overlap;
        var mayOmitBackground = !definition.HasCrossEntropy && overlap.FirstClass == 1;
        if (weight.Count is { } count && count != classes && !(mayOmitBackground && count == classes - 1))
        {
            var expected = mayOmitBackground ? $"{classes} entries, or {classes - 1} without the background" : $"{classes} entries";
            throw new ArgumentException($"weight must have {expected} for logits of {classes} classes, not {count}.", nameof(weight));
        }
    }
}
