using System.Numerics;
using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host;

namespace GpuLoss.Kernels.Shape;

/// <summary>
/// Signed distance maps of the classes of a target (Kervadec 2019, arXiv 1812.07032, section 2): outside of a class the distance to it;
/// inside, the least spacing minus the distance to what is outside, so that the voxels along the boundary are 0. A class that is absent, or
/// everywhere, has no boundary: its map is 0.
/// </summary>
internal static unsafe class SignedDistance
{
    /// <summary>Writes the maps of all classes that count, [N, C', V].</summary>
    /// <param name="tensors">The target; the predictions are not read.</param>
    /// <param name="grid">The voxels of a sample.</param>
    /// <param name="maps">Receives them.</param>
    /// <param name="team">The threads.</param>
    /// <typeparam name="T">float or double.</typeparam>
    public static void Maps<T>(in ShapeTensors<T> tensors, SpatialGrid grid, T* maps, IThreadTeam team)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(grid);
        var voxels = grid.Voxels;
        using var scratch = new ScratchMemory(ScratchMemory.SizeOf<byte>(voxels) + ScratchMemory.SizeOf<double>(voxels));
        var marks = scratch.Take<byte>(voxels);
        var squared = scratch.Take<double>(voxels);
        for (var pair = 0; pair < tensors.Pairs; pair++)
        {
            var map = maps + pair * voxels;
            var marked = tensors.Plane(pair).MarkTarget(marks, team);
            if (marked == 0 || marked == voxels)
            {
                VoxelChunks.ForEach(team, voxels, (first, end) => new Span<T>(map + first, (int)(end - first)).Clear());
                continue;
            }

            foreach (var toMarked in (ReadOnlySpan<bool>)[true, false])
            {
                DistanceTransform.Squared(grid, marks, toMarked, squared, team);
                VoxelChunks.ForEach(team, voxels, (first, end) =>
                    Write(marks, squared, map, toMarked, grid.LeastSpacing, first, end));
            }
        }
    }

    /// <summary>Writes the part of a map outside of the class, or the one inside.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Write<T>(byte* marks, double* squared, T* map, bool toMarked, double least, long first, long end)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (var voxel = first; voxel < end; voxel++)
        {
            if ((marks[voxel] != 0) != toMarked)
                map[voxel] = T.CreateTruncating(DistanceFormulas.Signed(squared[voxel], !toMarked, least));
        }
    }
}
