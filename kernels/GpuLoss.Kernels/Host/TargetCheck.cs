using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuLoss.Kernels.Host.Simd;

namespace GpuLoss.Kernels.Host;

/// <summary>Counts what a target of numbers must not hold. Nearly always there is nothing of it: that is found out first.</summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal static unsafe class TargetCheck<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>The numbers of a target outside of 0 to 1; what is not a number is one of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int CountOutside(ClassRows rows, int classes, int count, int padded)
    {
        // What is below 0 or not a number lies beyond 1 in the order of the bits, and so does -0, which is no reason to complain.
        var (zero, one) = (TLanes.Of(0), TLanes.Of(1));
        var largest = one;
        for (var c = 0; c < classes; c++)
        {
            var row = rows[c];
            for (nint at = 0; at < (nint)padded * TLanes.ScalarSize; at += sizeof(TLanes))
                largest = TLanes.MaxBits(largest, TLanes.Load(row + at));
        }

        if (TLanes.Sum(TLanes.SelectEqual(largest, one, zero, one)) == 0)
            return 0;
        var outside = 0;
        for (var c = 0; c < classes; c++)
        {
            for (var i = 0; i < count; i++)
                outside += VoxelWeights<TLanes>.Read(rows[c], i) is >= 0 and <= 1 ? 0 : 1;
        }

        return outside;
    }

    /// <summary>The bytes of a target that are neither 0 nor 1, in voxels with a weight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int CountBytesOutside(ClassRows rows, int classes, int count, int padded, byte* weights)
    {
        var all = Vector128<byte>.Zero;
        for (var c = 0; c < classes; c++)
        {
            for (var i = 0; i < padded; i += Vector128<byte>.Count)
                all |= Vector128.Load(rows[c] + i);
        }

        if ((all & Vector128.Create<byte>(254)) == Vector128<byte>.Zero)
            return 0;
        var outside = 0;
        for (var c = 0; c < classes; c++)
        {
            for (var i = 0; i < count; i++)
                outside += rows[c][i] > 1 && (weights == null || VoxelWeights<TLanes>.Read(weights, i) != 0) ? 1 : 0;
        }

        return outside;
    }
}
