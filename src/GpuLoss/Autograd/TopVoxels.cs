using GpuLoss.Interop.Engines;
using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Host;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>
/// The mean of the largest values, k % of all. Where several values are equal to the smallest that counts and not all of
/// them fit, they share what is left: the result does not depend on any order.
/// </summary>
/// <param name="OnHost">The mean of values on the host, or null.</param>
/// <param name="OnDevice">The same of values on a GPU, float64 [4]: the mean, the smallest value that counts, the derivatives by a larger
/// and by an equal value; or null.</param>
internal sealed record TopVoxels(TopMean? OnHost, Tensor? OnDevice) : IDisposable
{
    /// <summary>Selects. What is not a number is larger than all others, as it is to torch: it counts, and so does its NaN.</summary>
    /// <param name="values">The values, contiguous.</param>
    /// <param name="percent">k.</param>
    public static TopVoxels Select(Tensor values, double percent)
    {
        var length = values.numel();
        var count = Math.Clamp((long)(length * (percent / 100)), 1, length);
        return values.device_type == DeviceType.CPU
            ? new(HostTopVoxels.Select(TensorMemory.AddressOf(values), length, count, values.dtype == torch.ScalarType.Float64), null)
            : new(null, SelectOnDevice(values, count));
    }

    /// <summary>Writes the mean, times a factor, into a scalar tensor.</summary>
    public void WriteMean(Tensor value, double factor)
    {
        using Scalar scale = factor * (OnHost?.Mean ?? 1);
        if (OnDevice is null)
        {
            value.fill_(scale);
            return;
        }

        using var mean = OnDevice[0];
        value.copy_(mean);
        value.mul_(scale);
    }

    /// <summary>The derivative of a weighted sum of means by each of the values they are of, in their type.</summary>
    /// <param name="values">The values.</param>
    /// <param name="means">The means, all of them of one device, with their factors.</param>
    /// <param name="gradOutput">The derivative by the sum, a scalar.</param>
    public static Tensor Differentiate(Tensor values, IReadOnlyList<(TopVoxels Mean, double Factor)> means, Tensor gradOutput)
    {
        using var scope = torch.NewDisposeScope();
        using var noGraph = torch.no_grad();
        if (means[0].Mean.OnHost is null)
        {
            return means.Select(of => DifferentiateOnDevice(values, of.Mean.OnDevice!, gradOutput * of.Factor))
                .Aggregate((sum, next) => sum.add_(next))
                .MoveToOuterDisposeScope();
        }

        var derivatives = torch.empty_like(values);
        var gradient = gradOutput.to_type(torch.ScalarType.Float64).item<double>();
        HostTopVoxels.Differentiate(
            TensorMemory.AddressOf(values), values.numel(), [.. means.Select(of => of.Mean.OnHost!.Value.Times(of.Factor * gradient))],
            TensorMemory.AddressOf(derivatives), values.dtype == torch.ScalarType.Float64);
        return derivatives.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => OnDevice?.Dispose();

    private static Tensor SelectOnDevice(Tensor values, long count)
    {
        using var scope = torch.NewDisposeScope();
        using var noGraph = torch.no_grad();
        var (least, _) = torch.kthvalue(values.flatten(), values.numel() - count + 1, 0);
        var (larger, equal) = (values.gt(least) | values.isnan(), values.eq(least));
        var left = count - larger.sum().to_type(torch.ScalarType.Float64);
        var smallest = least.to_type(torch.ScalarType.Float64);
        var sum = torch.where(larger, values, torch.zeros_like(values)).sum(torch.ScalarType.Float64) + left * smallest;
        return torch.stack([sum / count, smallest, torch.full_like(left, 1.0 / count), left / equal.sum() / count])
            .MoveToOuterDisposeScope();
    }

    private static Tensor DifferentiateOnDevice(Tensor values, Tensor mean, Tensor gradient)
    {
        var of = mean.to_type(values.dtype) * gradient;
        var least = mean[1].to_type(values.dtype);
        return torch.where(values.gt(least) | values.isnan(), of[2], torch.where(values.eq(least), of[3], torch.zeros_like(of[3])));
    }
}
