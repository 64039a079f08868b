using System.Numerics;
using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host;

namespace GpuLoss.Kernels.Shape;

/// <summary>
/// The sums that an overlap loss of every blob of a target by itself is a function of (Kofler 2023, arXiv 2205.08209), in one pass over the
/// volume however many blobs there are. Every sample and class is the work of one thread, so that no bit depends on their number.
/// </summary>
internal static unsafe class BlobKernel
{
    /// <summary>Numbers the blobs of every sample and class that counts.</summary>
    /// <param name="tensors">The target.</param>
    /// <param name="grid">The voxels of a sample: one to three axes.</param>
    /// <param name="connectivity">As in <see cref="ConnectedComponents.Label(SpatialGrid, int, int*)"/>.</param>
    /// <param name="blobs">Receives [N, C', V]: 1, 2, ... in blobs, 0 elsewhere, -1 where a voxel does not count.</param>
    /// <param name="counts">Receives [N, C'], the numbers of blobs.</param>
    /// <param name="team">The threads.</param>
    /// <typeparam name="T">float or double.</typeparam>
    public static void Label<T>(ShapeTensors<T> tensors, SpatialGrid grid, int connectivity, int* blobs, Span<int> counts, IThreadTeam team)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var found = new int[tensors.Pairs];
        SharedLoop.ForEach(team, tensors.Pairs, pair =>
        {
            var own = blobs + pair * tensors.Voxels;
            Mark(tensors.Plane((int)pair), own);
            found[pair] = ConnectedComponents.Label(grid, connectivity, own);
        });
        found.CopyTo(counts);
    }

    /// <summary>The sums of every blob, and those outside of all.</summary>
    /// <param name="tensors">The predictions.</param>
    /// <param name="blobs">As <see cref="Label{T}"/> made them.</param>
    /// <param name="counts">Likewise.</param>
    /// <param name="isSquared">Whether P = Σ p².</param>
    /// <param name="sums">Receives Σ p of all blobs, one sample and class after another; then their P; then P outside of
    /// the blobs, [N, C']; then the voxels of all blobs.</param>
    /// <param name="team">The threads.</param>
    /// <typeparam name="T">float or double.</typeparam>
    public static void Forward<T>(ShapeTensors<T> tensors, int* blobs, int[] counts, bool isSquared, double* sums, IThreadTeam team)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var (all, first) = FirstOf(counts);
        SharedLoop.ForEach(team, tensors.Pairs, pair =>
        {
            var (inside, volume, voxels) = (new double[counts[pair] + 1], new double[counts[pair] + 1], new double[counts[pair] + 1]);
            Sum(tensors.Plane((int)pair), blobs + pair * tensors.Voxels, isSquared, inside, volume, voxels);
            for (var blob = 1; blob <= counts[pair]; blob++)
            {
                (sums[first[pair] + blob - 1], sums[all + first[pair] + blob - 1]) = (inside[blob], volume[blob]);
                sums[2 * all + tensors.Pairs + first[pair] + blob - 1] = voxels[blob];
            }

            sums[2 * all + pair] = volume[0];
        });
    }

    /// <summary>Writes the gradient with respect to the predictions.</summary>
    /// <param name="tensors">The predictions.</param>
    /// <param name="blobs">As forward read them.</param>
    /// <param name="counts">Likewise.</param>
    /// <param name="isSquared">Likewise.</param>
    /// <param name="ofSums">The gradient of the sums, in their order.</param>
    /// <param name="gradient">Receives [N, C, V]; that of a class that does not count is 0.</param>
    /// <param name="team">The threads.</param>
    /// <typeparam name="T">float or double.</typeparam>
    public static void Backward<T>(ShapeTensors<T> tensors, int* blobs, int[] counts, bool isSquared, double* ofSums, T* gradient,
        IThreadTeam team)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var (all, starts) = FirstOf(counts);
        for (var step = 0; step < tensors.Samples * tensors.Classes; step++)
        {
            var (sample, @class) = Math.DivRem(step, tensors.Classes);
            var to = gradient + step * tensors.Voxels;
            var plane = tensors.Plane(sample, @class);
            var pair = sample * tensors.CountedClasses + @class - tensors.FirstClass;
            VoxelChunks.ForEach(team, tensors.Voxels, (first, end) =>
            {
                if (@class < tensors.FirstClass)
                    new Span<T>(to + first, (int)(end - first)).Clear();
                else
                {
                    Spread(plane, blobs + pair * tensors.Voxels, isSquared, ofSums + starts[pair], ofSums + all + starts[pair],
                        ofSums[2 * all + pair], to, first, end);
                }

            });
        }
    }

    private static (long All, long[] First) FirstOf(int[] counts)
    {
        var (all, first) = (0L, new long[counts.Length]);
        for (var pair = 0; pair < counts.Length; pair++)
            (first[pair], all) = (all, all + counts[pair]);
        return (all, first);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Mark<T>(ShapePlane<T> plane, int* blobs)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (var voxel = 0L; voxel < plane.Voxels; voxel++)
            blobs[voxel] = !plane.Counts(voxel) ? -1 : plane.IsOfClass(voxel) ? 1 : 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sum<T>(ShapePlane<T> plane, int* blobs, bool isSquared, double[] inside, double[] volume, double[] voxels)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (var voxel = 0L; voxel < plane.Voxels; voxel++)
        {
            var blob = blobs[voxel];
            if (blob < 0)
                continue;
            var p = double.CreateTruncating(plane.Predictions[voxel]);
            inside[blob] += p;
            voxels[blob]++;
            volume[blob] += isSquared ? p * p : p;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Spread<T>(
        ShapePlane<T> plane, int* blobs, bool isSquared, double* ofInside, double* ofVolume, double ofOutside, T* gradient, long first,
            long end)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (var voxel = first; voxel < end; voxel++)
        {
            var blob = blobs[voxel];
            var slope = isSquared ? 2 * double.CreateTruncating(plane.Predictions[voxel]) : 1;
            gradient[voxel] = T.CreateTruncating(
                blob < 0 ? 0 : blob == 0 ? ofOutside * slope : ofInside[blob - 1] + ofVolume[blob - 1] * slope);
        }
    }
}
