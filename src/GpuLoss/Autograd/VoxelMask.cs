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
    /// <exception cref="ArgumentException">The mask is not Bool, or not of the target's sizes or device.</exception>
    public static Tensor Apply(Tensor target, Tensor mask, long ignoreIndex)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(mask);
        if (mask.dtype != torch.ScalarType.Bool)
            throw new ArgumentException($"mask must be Bool, true where a voxel counts, not {mask.dtype}.", nameof(mask));
        using var flatMask = WithoutChannel(mask, target);
        if (flatMask.numel() != target.numel() || flatMask.shape[0] != target.shape[0])
        {
            throw new ArgumentException(
                $"mask must have the sizes of the target, {LossInputs.Show(target.shape)}, with or without a channel, not {LossInputs.Show(mask.shape)}.",
                nameof(mask));
        }

        if (mask.device_type != target.device_type || mask.device_index != target.device_index)
            throw new ArgumentException($"mask must be on the device of the target, {target.device}, not on {mask.device}.", nameof(mask));

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
