using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;

namespace GpuLoss.Kernels.Host;

/// <summary>Rows of voxel weights.</summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal static unsafe class VoxelWeights<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>Writes 1 where there is a voxel, and 0 where a quad is only filled up.</summary>
    public static void Fill(byte* weights, int count, int padded)
    {
        for (var i = 0; i < padded; i++)
            TLanes.WriteScalar(weights + i * TLanes.ScalarSize, i < count ? 1 : 0);
    }

    /// <summary>Fills a row up to a whole quad and makes 0 of weights that are none.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="count">Their number.</param>
    /// <param name="padded">The number of voxels of the block.</param>
    /// <param name="areNeeded">Whether any is not 1.</param>
    /// <param name="areNumbers">Whether any is neither 0 nor 1.</param>
    /// <param name="hasZeros">Whether any is 0 now.</param>
    /// <returns>How many were negative or not finite.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Check(byte* weights, int count, int padded, out bool areNeeded, out bool areNumbers, out bool hasZeros)
    {
        new Span<byte>(weights + count * TLanes.ScalarSize, (padded - count) * TLanes.ScalarSize).Clear();
        var (zero, one, infinity) = (TLanes.Of(0), TLanes.Of(1), TLanes.Of(double.PositiveInfinity));
        var (smallest, largest) = (infinity, zero);
        for (var i = 0; i < padded; i += TLanes.Count)
        {
            var weight = TLanes.Load(weights + i * TLanes.ScalarSize);
            (smallest, largest) = (TLanes.MinBits(smallest, weight), TLanes.MaxBits(largest, weight));
        }

        // Nearly always all weights of a block are above 0 and finite.
        var arePositive = TLanes.SelectLess(
            largest, infinity, TLanes.SelectEqual(TLanes.MaxBits(largest, infinity), infinity, one, zero), zero);
        if (TLanes.Sum(TLanes.SelectEqual(smallest, zero, zero, arePositive)) == TLanes.Count)
        {
            var areOnes = TLanes.SelectEqual(smallest, one, TLanes.SelectEqual(largest, one, one, zero), zero);
            areNeeded = areNumbers = TLanes.Sum(areOnes) != TLanes.Count;
            hasZeros = false;
            return 0;
        }

        var (bad, zeros, ones) = (zero, zero, zero);
        for (var i = 0; i < padded; i += TLanes.Count)
        {
            var weight = TLanes.Load(weights + i * TLanes.ScalarSize);
            bad += TLanes.SelectEqual(weight - weight, zero, TLanes.SelectLess(weight, zero, one, zero), one);
            ones += TLanes.SelectEqual(weight, one, one, zero);
            zeros += TLanes.SelectEqual(weight, zero, one, zero);
        }

        areNeeded = TLanes.Sum(ones) != padded;
        areNumbers = TLanes.Sum(ones) + TLanes.Sum(zeros) != padded;
        var invalid = TLanes.Sum(bad) == 0 ? 0 : LeaveOutInvalid(weights, count);
        hasZeros = invalid > 0 || TLanes.Sum(zeros) != 0;
        return invalid;
    }

    /// <summary>The sum of the weights.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Sum(byte* weights, int padded)
    {
        var sum = default(CompensatedSum<TLanes>);
        for (var i = 0; i < padded; i += TLanes.Count)
            sum.Add(TLanes.Load(weights + i * TLanes.ScalarSize));
        return sum.Total();
    }

    /// <summary>Clears a row where the weight is 0: whatever was there is gone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ClearWhereNone(byte* row, byte* weights, int padded)
    {
        var zero = TLanes.Of(0);
        for (nint at = 0; at < (nint)padded * TLanes.ScalarSize; at += sizeof(TLanes))
            TLanes.Store(TLanes.SelectEqual(TLanes.Load(weights + at), zero, zero, TLanes.Load(row + at)), row + at);
    }

    /// <summary>One element of a row.</summary>
    public static double Read(byte* row, int index) => TLanes.ScalarSize == sizeof(float) ? ((float*)row)[index] : ((double*)row)[index];

    private static int LeaveOutInvalid(byte* weights, int count)
    {
        var invalid = 0;
        for (var i = 0; i < count; i++)
        {
            if (Read(weights, i) is >= 0 and < double.PositiveInfinity)
                continue;
            TLanes.WriteScalar(weights + i * TLanes.ScalarSize, 0);
            invalid++;
        }

        return invalid;
    }
}
