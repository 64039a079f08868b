using GpuLoss.Interop.Top;
using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Top;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>
/// The mean of the largest values, k % of all, as <see cref="ITopEngine"/> takes it: where several values are equal to the smallest that
/// counts and not all of them fit, they share what is left. The result does not depend on any order.
/// </summary>
internal static class TopVoxels
{
    /// <summary>Selects.</summary>
    /// <param name="values">The values, contiguous, float32 or float64.</param>
    /// <param name="percent">k.</param>
    /// <param name="factor">A factor.</param>
    /// <param name="value">A scalar of their type, which receives the mean times the factor.</param>
    /// <returns>What <see cref="Differentiate"/> needs, float64 [4] where the values are; of no scope.</returns>
    public static Tensor Select(Tensor values, double percent, double factor, Tensor value)
    {
        var (engine, of) = (TopEngines.For(values.device), Of(values));
        var count = Math.Clamp((long)(of.Length * (percent / 100)), 1, of.Length);
        var mean = torch.empty([TopMean.Numbers], dtype: torch.ScalarType.Float64, device: values.device).DetachFromDisposeScope();
        using var scratch = engine.ScratchBytes == 0
            ? null
            : torch.empty([engine.ScratchBytes], dtype: torch.ScalarType.Byte, device: values.device);
        engine.Select(
            of, count, scratch is null ? 0 : TensorMemory.AddressOf(scratch), TensorMemory.AddressOf(mean), factor,
            TensorMemory.AddressOf(value));
        return mean;
    }

    /// <summary>The derivative of a weighted sum of means by each of the values they are of, in their type.</summary>
    /// <param name="values">The values.</param>
    /// <param name="means">The means, with their factors.</param>
    /// <param name="gradOutput">The derivative by the sum, a scalar of their type.</param>
    public static Tensor Differentiate(Tensor values, IEnumerable<(Tensor Mean, double Factor)> means, Tensor gradOutput)
    {
        var derivatives = torch.empty_like(values);
        TopEngines.For(values.device).Differentiate(
            Of(values), [.. means.Select(mean => new WeightedMean(TensorMemory.AddressOf(mean.Mean), mean.Factor))],
            TensorMemory.AddressOf(gradOutput), TensorMemory.AddressOf(derivatives));
        return derivatives;
    }

    private static TopValues Of(Tensor values) =>
        new(TensorMemory.AddressOf(values), values.numel(), values.dtype == torch.ScalarType.Float64);
}
