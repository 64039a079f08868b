using System.Runtime.CompilerServices;

namespace GpuLoss.Kernels.Shape;

/// <summary>What the sums of blobs are made of, for host and device. A blob is 1, 2, ...; 0 is outside of all, -1 a voxel that does not
/// count.</summary>
internal static class BlobFormulas
{
    /// <summary>The summand of P.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Volume(double p, bool isSquared) => isSquared ? p * p : p;

    /// <summary>The slope of a voxel.</summary>
    /// <param name="p">Its prediction.</param>
    /// <param name="isSquared">Whether P = Σ p².</param>
    /// <param name="blob">Its blob.</param>
    /// <param name="ofInside">The slope by Σ p of the blob.</param>
    /// <param name="ofVolume">The slope by P of the blob, or of what is outside.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Slope(double p, bool isSquared, int blob, double ofInside, double ofVolume)
    {
        var slope = isSquared ? 2 * p : 1.0;
        return blob < 0 ? 0.0 : blob == 0 ? ofVolume * slope : ofInside + ofVolume * slope;
    }
}
