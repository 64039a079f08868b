using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Host;

namespace GpuLoss.Interop.Engines;

/// <summary><see cref="TopSelection"/> on torch's threads.</summary>
internal static unsafe class HostTopVoxels
{
    /// <summary>The mean of the largest values, and the derivative of the mean by each value.</summary>
    /// <param name="values">float32 or float64 in host memory.</param>
    /// <param name="length">Their number.</param>
    /// <param name="count">How many are the largest.</param>
    /// <param name="shares">Receives the derivatives, in the type of the values.</param>
    /// <param name="isDouble">Whether that is float64.</param>
    public static double Select(nint values, long length, long count, nint shares, bool isDouble) => isDouble
        ? TopSelection.Select((double*)values, length, count, (double*)shares, TorchThreadTeam.Current)
        : TopSelection.Select((float*)values, length, count, (float*)shares, TorchThreadTeam.Current);
}
