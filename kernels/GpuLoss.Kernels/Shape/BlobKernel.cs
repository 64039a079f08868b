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
    public static void Label<T>(ShapeTensors<T> tensors, SpatialGrid grid, int connectivity, int* blobs, int* counts, IThreadTeam team)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        SharedLoop.ForEach(team, tensors.Pairs, pair =>
        {
            var own = blobs + pair * tensors.Voxels;
            Mark(tensors.Plane((int)pair), own);
            counts[pair] = ConnectedComponents.Label(grid, connectivity, own);
        });
    }

    /// <summary>The sums of every blob, and those outside of all.</summary>
    /// <param name="tensors">The predictions.</param>
    /// <param name="blobs">As <see cref="Label{T}"/> made them.</param>
    /// <param name="most">The blobs of a sample and class at most.</param>
    /// <param name="isSquared">Whether P = Σ p².</param>
    /// <param name="sums">Receives [N, C', most] of Σ p, then of P; then P outside of the blobs, [N, C']; then the voxels, [N, C', most].
    /// They are 0
    /// where there is no blob.</param>
    /// <param name="team">The threads.</param>
    /// <typeparam name="T">float or double.</typeparam>
    public static void Forward<T>(ShapeTensors<T> tensors, int* blobs, int most, bool isSquared, double* sums, IThreadTeam team)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var all = (long)tensors.Pairs * most;
        SharedLoop.ForEach(team, tensors.Pairs, pair =>
        {
            var (inside, volume, voxels) = (new double[most + 1], new double[most + 1], new double[most + 1]);
            Sum(tensors.Plane((int)pair), blobs + pair * tensors.Voxels, isSquared, inside, volume, voxels);
            for (var blob = 1; blob <= most; blob++)
            {
                var at = pair * most + blob - 1;
                (sums[at], sums[all + at], sums[2 * all + tensors.Pairs + at]) = (inside[blob], volume[blob], voxels[blob]);
            }

            sums[2 * all + pair] = volume[0];
        });
    }

    /// <summary>Writes the gradient with respect to the predictions.</summary>
    /// <param name="tensors">The predictions.</param>
    /// <param name="blobs">As forward read them.</param>
    /// <param name="most">Likewise.</param>
    /// <param name="isSquared">Likewise.</param>
    /// <param name="ofSums">The gradient of the sums, in their order.</param>
    /// <param name="gradient">Receives [N, C, V]; that of a class that does not count is 0.</param>
    /// <param name="team">The threads.</param>
    /// <typeparam name="T">float or double.</typeparam>
    public static void Backward<T>(ShapeTensors<T> tensors, int* blobs, int most, bool isSquared, double* ofSums, T* gradient,
        IThreadTeam team)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var all = (long)tensors.Pairs * most;
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
                    Spread(plane, blobs + pair * tensors.Voxels, isSquared, ofSums + (long)pair * most, ofSums + all + (long)pair * most,
                        ofSums[2 * all + pair], to, first, end);
                }

            });
        }
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
            volume[blob] += BlobFormulas.Volume(p, isSquared);
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
            gradient[voxel] = T.CreateTruncating(BlobFormulas.Slope(
                double.CreateTruncating(plane.Predictions[voxel]), isSquared, blob, blob > 0 ? ofInside[blob - 1] : 0,
                blob > 0 ? ofVolume[blob - 1] : ofOutside));
        }
    }
}
