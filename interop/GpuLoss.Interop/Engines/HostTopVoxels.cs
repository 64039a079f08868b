using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Host;

namespace GpuLoss.Interop.Engines;

/// <summary><see cref="TopSelection"/> on torch's threads.</summary>
internal static unsafe class HostTopVoxels
{
    /// <summary>The mean of the largest values.</summary>
    /// <param name="values">float32 or float64 in host memory.</param>
    /// <param name="length">Their number.</param>
    /// <param name="count">How many are the largest.</param>
    /// <param name="isDouble">Whether they are float64.</param>
    public static TopMean Select(nint values, long length, long count, bool isDouble) => isDouble
        ? TopSelection.Select((double*)values, length, count, TorchThreadTeam.Current)
        : TopSelection.Select((float*)values, length, count, TorchThreadTeam.Current);

    /// <summary>The derivative of a sum of such means by each value.</summary>
    /// <param name="values">float32 or float64 in host memory.</param>
    /// <param name="length">Their number.</param>
    /// <param name="means">The means, at least one.</param>
    /// <param name="derivatives">Receives them, in the type of the values.</param>
    /// <param name="isDouble">Whether that is float64.</param>
    public static void Differentiate(nint values, long length, TopMean[] means, nint derivatives, bool isDouble)
    {
        if (isDouble)
            TopSelection.Differentiate((double*)values, length, means, (double*)derivatives, TorchThreadTeam.Current);
        else
            TopSelection.Differentiate((float*)values, length, means, (float*)derivatives, TorchThreadTeam.Current);
    }
}
