using GpuLoss.Kernels.Objective;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>Reads from torch tensors where their elements lie.</summary>
internal static class TensorLayouts
{
    /// <summary>The layout of the tensors of a call, or null where all of them are contiguous.</summary>
    /// <param name="logits">[N, C, *S].</param>
    /// <param name="target">[N, *S] or [N, 1, *S].</param>
    /// <param name="gradient">[N, C, *S], or null before there is one.</param>
    public static VolumeLayout? Of(Tensor logits, Tensor target, Tensor? gradient)
    {
        if (logits.is_contiguous() && target.is_contiguous() && (gradient is null || gradient.is_contiguous()))
            return null;
        var ofLogits = WithClasses(logits);
        var steps = target.stride();
        var ofTarget = new TensorStrides(steps[0], 0, [.. steps[^ofLogits.Axes.Length..]]);
        return VolumeLayout.Of(logits.shape.AsSpan(2), ofLogits, ofTarget, gradient is null ? ofLogits : WithClasses(gradient));
    }

    private static TensorStrides WithClasses(Tensor tensor)
    {
        var steps = tensor.stride();
        return new TensorStrides(steps[0], steps[1], [.. steps[2..]]);
    }
}
