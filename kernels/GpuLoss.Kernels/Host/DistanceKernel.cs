using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;

namespace GpuLoss.Kernels.Host;

/// <summary>The distances of the predictions of a block from its labels, <c>W = Σ_l M[y, l]·p_l</c> of a voxel with the label y.</summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal static unsafe class DistanceKernel<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>Writes the row M[y, ·] of each voxel, the slopes of W along p, into <see cref="VoxelBlock{TLanes}.Slopes"/>.</summary>
    /// <param name="block">The block.</param>
    /// <param name="distances">M [C, C].</param>
    /// <param name="factors">What the rows are multiplied by, [C], or null.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void TakeSlopes(in VoxelBlock<TLanes> block, double* distances, double* factors)
    {
        var (classes, bytes) = (block.Classes, (nint)TLanes.ScalarSize);
        for (nint at = 0; at < block.Voxels * bytes; at += bytes)
        {
            // Of a voxel that does not count any row will do.
            var label = Math.Max(0, (int)Scalar(block.Target.First + at));
            var row = distances + (long)label * classes;
            var factor = factors == null ? 1 : factors[label];
            var slope = block.Slopes.First + at;
            for (var c = 0; c < classes; c++)
            {
                TLanes.WriteScalar(slope, factor * row[c]);
                slope += block.Slopes.ClassBytes;
            }
        }
    }

    /// <summary>Adds a block to the sums: W to I of the voxel's own class.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Add(in VoxelBlock<TLanes> block, ClassSums<TLanes>* sums)
    {
        var end = (nint)block.Voxels * TLanes.ScalarSize;
        var zero = TLanes.Of(0);
        for (nint at = 0; at < end; at += sizeof(TLanes))
        {
            // 1 / Σ exp is 0 where a voxel does not count.
            var distance = Mean(block, at);
            TLanes.Store(block.Selection == Selection.Weighted ? distance * TLanes.Load(block.Weight + at) : distance, block.Term + at);
        }

        for (var c = 0; c < block.Classes; c++)
        {
            var label = TLanes.Of(block.LabelOf(c));
            var (intersection, target) = (zero, zero);
            for (nint at = 0; at < end; at += sizeof(TLanes))
            {
                var own = TLanes.Load(block.Target.First + at);
                intersection += TLanes.SelectEqual(own, label, TLanes.Load(block.Term + at), zero);
                if (block.Selection == Selection.Weighted)
                    target += TLanes.SelectEqual(own, label, TLanes.Load(block.Weight + at), zero);
            }

            sums[c].Intersection.Add(intersection);
            if (block.Selection == Selection.Weighted)
                sums[c].Target.Add(target);
        }
    }

    /// <summary>Writes the gradient: with g the slopes, <c>p_c·(g_c - Σ_l p_l·g_l)</c>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Write(in VoxelBlock<TLanes> block, ClassRows gradient)
    {
        var (zero, isWeighted) = (TLanes.Of(0), block.Selection != Selection.All);
        for (nint at = 0; at < (nint)block.Voxels * TLanes.ScalarSize; at += sizeof(TLanes))
        {
            var scale = TLanes.Load(block.Scale + at);
            var weight = isWeighted ? TLanes.Load(block.Weight + at) : TLanes.Of(1);
            var mean = Mean(block, at);

            // What rounding took from the mean is summed from the differences, which are exact where one class has nearly all of the
            // probability.
            var rest = zero;
            for (var c = 0; c < block.Classes; c++)
                rest = TLanes.MultiplyAdd(mean - TLanes.Load(block.Slopes[c] + at), TLanes.Load(block.Rows[c] + at), rest);
            rest *= scale;
            for (var c = 0; c < block.Classes; c++)
            {
                var result = TLanes.Load(block.Rows[c] + at) * (scale * (rest - (mean - TLanes.Load(block.Slopes[c] + at))));
                TLanes.Store(isWeighted ? TLanes.SelectEqual(weight, zero, zero, result * weight) : result, gradient[c] + at);
            }
        }
    }

    /// <summary>One scalar of the lane type.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Scalar(byte* scalar) => TLanes.ScalarSize == sizeof(float) ? *(float*)scalar : *(double*)scalar;

    /// <summary>The mean of the slopes, weighted with the predictions.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Mean(in VoxelBlock<TLanes> block, nint at)
    {
        var sum = TLanes.Of(0);
        for (var c = 0; c < block.Classes; c++)
            sum = TLanes.MultiplyAdd(TLanes.Load(block.Slopes[c] + at), TLanes.Load(block.Rows[c] + at), sum);
        return sum * TLanes.Load(block.Scale + at);
    }
}
