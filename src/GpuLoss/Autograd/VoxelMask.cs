using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>
/// Takes voxels out of a loss. A voxel outside of a mask becomes one with the ignored label, which the kernels never look at; the copy of
/// the labels is small beside the logits.
/// </summary>
internal static class VoxelMask
{
    /// <summary>The target with the ignored label wherever the mask is false, in a type that can hold it.</summary>
    /// <param name="target">Class indices.</param>
    /// <param name="mask">Bool, which <see cref="LossInputs.Check(Tensor, Tensor, Tensor?, long)"/> has found to fit.</param>
    /// <param name="ignoreIndex">The ignored label.</param>
    public static Tensor Apply(Tensor target, Tensor mask, long ignoreIndex)
    {
        using var flatMask = WithoutChannel(mask, target);
        using var noGraph = torch.no_grad();
        using var labels = Holds(target.dtype, ignoreIndex) ? target.alias() : target.to_type(torch.ScalarType.Int64);
        using var outside = flatMask.logical_not();
        using Scalar ignored = ignoreIndex;
        return labels.masked_fill(outside, ignored);
    }

    /// <summary>The mask in the shape of the target, where it differs from it by a channel of one.</summary>
    private static Tensor WithoutChannel(Tensor mask, Tensor target)
    {
        if (mask.dim() == target.dim() + 1 && mask.shape[1] == 1)
            return mask.squeeze(1);
        return mask.dim() == target.dim() - 1 && target.shape[1] == 1 ? mask.unsqueeze(1) : mask.alias();
    }

    private static bool Holds(torch.ScalarType type, long label) => type switch
    {
        torch.ScalarType.Byte => label is >= byte.MinValue and <= byte.MaxValue,
        torch.ScalarType.Int8 => label is >= sbyte.MinValue and <= sbyte.MaxValue,
        torch.ScalarType.Int16 => label is >= short.MinValue and <= short.MaxValue,
        _ => true,
    };
}
