using System.Numerics;
using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host;

namespace GpuLoss.Kernels.Shape;

/// <summary>
/// The Hausdorff loss by distance transforms (Karimi 2019, arXiv 1904.10030, equation 8) as MONAI 1.5 computes it: the mean over the voxels
/// of <c>(p - t)² · (d_p^alpha + d_t^alpha)</c>, where d is a voxel's distance to the nearest voxel of the other kind, inside or outside of
/// what is more than a half. Where all voxels are of one kind, d is 0.
/// </summary>
internal static unsafe class HausdorffKernel
{
    /// <summary>The sum of the loss over the voxels of every sample and class that counts, and its slopes with respect to the
    /// predictions.</summary>
    /// <param name="tensors">Predictions and target.</param>
    /// <param name="grid">The voxels of a sample.</param>
    /// <param name="alpha">The exponent of the distances.</param>
    /// <param name="values">Receives [N, C'].</param>
    /// <param name="slopes">Receives [N, C', V]: d is not differentiated.</param>
    /// <param name="team">The threads.</param>
    /// <typeparam name="T">float or double.</typeparam>
    public static void Compute<T>(in ShapeTensors<T> tensors, SpatialGrid grid, double alpha, Span<double> values, T* slopes,
        IThreadTeam team)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(grid);
        var voxels = grid.Voxels;
        using var scratch = new ScratchMemory(ScratchMemory.SizeOf<byte>(voxels) + ScratchMemory.SizeOf<double>(voxels));
        var marks = scratch.Take<byte>(voxels);
        var squared = scratch.Take<double>(voxels);
        for (var pair = 0; pair < tensors.Pairs; pair++)
        {
            var plane = tensors.Plane(pair);
            var distances = slopes + pair * voxels;
            VoxelChunks.ForEach(team, voxels, (first, end) => new Span<T>(distances + first, (int)(end - first)).Clear());
            AddDistances(plane.MarkPrediction(marks, team), grid, alpha, marks, squared, distances, team);
            AddDistances(plane.MarkTarget(marks, team), grid, alpha, marks, squared, distances, team);
            values[pair] = VoxelChunks.Sum(team, voxels, (first, end) => Finish(plane, distances, first, end));
        }
    }

    private static void AddDistances<T>(long marked, SpatialGrid grid, double alpha, byte* marks, double* squared, T* distances,
        IThreadTeam team)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (marked == 0 || marked == grid.Voxels)
            return;
        foreach (var toMarked in (ReadOnlySpan<bool>)[true, false])
        {
            DistanceTransform.Squared(grid, marks, toMarked, squared, team);
            VoxelChunks.ForEach(team, grid.Voxels, (first, end) => Add(marks, squared, toMarked, alpha, distances, first, end));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add<T>(byte* marks, double* squared, bool toMarked, double alpha, T* distances, long first, long end)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (var voxel = first; voxel < end; voxel++)
        {
            if ((marks[voxel] != 0) != toMarked)
                distances[voxel] += T.CreateTruncating(alpha == SquareOfDistance.Alpha
                    ? default(SquareOfDistance).Of(squared[voxel], alpha)
                    : default(PowerOfDistance).Of(squared[voxel], alpha));
        }
    }

    /// <summary>Makes slopes of the distances of some voxels, and adds up their loss.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Finish<T>(ShapePlane<T> plane, T* distances, long first, long end)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var sum = 0.0;
        for (var voxel = first; voxel < end; voxel++)
        {
            if (!plane.Counts(voxel))
            {
                distances[voxel] = T.Zero;
                continue;
            }

            var error = double.CreateTruncating(plane.Predictions[voxel]) - double.CreateTruncating(plane.Target(voxel));
            var distance = double.CreateTruncating(distances[voxel]);
            sum += DistanceFormulas.Hausdorff(error, distance);
            distances[voxel] = T.CreateTruncating(DistanceFormulas.HausdorffSlope(error, distance));
        }

        return sum;
    }
}
