using GpuLoss.Interop.Engines;
using GpuLoss.Interop.Torch;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>
/// The mean of the largest values, k % of all, and each value's share in it. Where several values are equal to the smallest that counts and not all of
/// them fit, they share what is left: the result does not depend on any order.
/// </summary>
internal static class TopVoxels
{
    /// <summary>Selects. What is not a number is larger than all others, as it is to torch: it counts, and so does its NaN.</summary>
    /// <param name="values">The values, of any shape.</param>
    /// <param name="percent">k.</param>
    /// <returns>The mean, float64, and the derivative of the mean by each value, in the type and shape of the values.</returns>
    public static (Tensor Mean, Tensor Shares) Select(Tensor values, double percent)
    {
        using var scope = torch.NewDisposeScope();
        using var noGraph = torch.no_grad();
        return values.device_type == DeviceType.CPU ? SelectOnHost(values, percent) : SelectOnDevice(values, percent);
    }

    private static (Tensor Mean, Tensor Shares) SelectOnHost(Tensor values, double percent)
    {
        var all = values.contiguous();
        var shares = torch.empty_like(all);
        var (length, count) = (all.numel(), CountOf(all, percent));
        var mean = HostTopVoxels.Select(
            TensorMemory.AddressOf(all), length, count, TensorMemory.AddressOf(shares), all.dtype == torch.ScalarType.Float64);
        return (torch.tensor(mean, torch.ScalarType.Float64).MoveToOuterDisposeScope(), shares.MoveToOuterDisposeScope());
    }

    private static (Tensor Mean, Tensor Shares) SelectOnDevice(Tensor values, double percent)
    {
        var flat = values.flatten();
        var total = flat.numel();
        var count = CountOf(values, percent);
        var (least, _) = torch.kthvalue(flat, total - count + 1, 0);
        var (above, equal) = (values.gt(least) | values.isnan(), values.eq(least));
        var left = count - above.sum().to_type(torch.ScalarType.Float64);
        var share = left / equal.sum();
        var shares = torch.where(above, torch.ones_like(values), equal.to_type(values.dtype) * share.to_type(values.dtype)) / count;
        var sum = torch.where(above, values, torch.zeros_like(values)).sum(torch.ScalarType.Float64) + left * least.to_type(torch.ScalarType.Float64);
        return ((sum / count).MoveToOuterDisposeScope(), shares.MoveToOuterDisposeScope());
    }

    private static long CountOf(Tensor values, double percent) => Math.Clamp((long)(values.numel() * (percent / 100)), 1, values.numel());
}
