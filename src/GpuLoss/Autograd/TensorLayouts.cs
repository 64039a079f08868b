using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>Reads from torch tensors where their elements lie.</summary>
internal static class TensorLayouts
{
    /// <summary>The layout of the tensors of a call, or null where all of them are contiguous.</summary>
    /// <param name="logits">[N, C, *S].</param>
    /// <param name="target">[N, *S], [N, 1, *S] or [N, C, *S].</param>
    /// <param name="gradient">[N, C, *S], or null before there is one.</param>
    /// <param name="mask">[N, *S] or [N, 1, *S], or null.</param>
    public static VolumeLayout? Of(Tensor logits, Tensor target, Tensor? gradient, Tensor? mask = null)
    {
        if (logits.is_contiguous() && target.is_contiguous() && gradient?.is_contiguous() != false && mask?.is_contiguous() != false)
            return null;
        var ofLogits = WithClasses(logits);
        var isDense = target.dim() == logits.dim() && target.size(1) == logits.size(1);
        return VolumeLayout.Of(
            logits.shape.AsSpan(2), ofLogits, isDense ? WithClasses(target) : WithoutClasses(target, ofLogits.Axes.Length),
            gradient is null ? ofLogits : WithClasses(gradient), mask is null ? null : WithoutClasses(mask, ofLogits.Axes.Length));
    }

    /// <summary>The type that values, coefficients and voxel weights have where logits are of a type: float64, or else float32.</summary>
    public static torch.ScalarType WideTypeOf(LogitsType type) =>
        type == LogitsType.Float64 ? torch.ScalarType.Float64 : torch.ScalarType.Float32;

    private static TensorStrides WithoutClasses(Tensor tensor, int axes)
    {
        var steps = tensor.stride();
        return new TensorStrides(steps[0], 0, [.. steps[^axes..]]);
    }

    private static TensorStrides WithClasses(Tensor tensor)
    {
        var steps = tensor.stride();
        return new TensorStrides(steps[0], steps[1], [.. steps[2..]]);
    }
}
