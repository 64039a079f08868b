using GpuLoss.Cli.Volumes;
using GpuLoss.Kernels.Host;
using GpuLoss.Kernels.Shape;

namespace GpuLoss.Cli.Comparing.Measures;

/// <summary>
/// The 95 % Hausdorff distance: from every surface voxel of one set to the nearest of the other, the 95th percentile, and the larger of the
/// two directions (as MONAI's <c>compute_hausdorff_distance</c>). A surface voxel is a voxel of the set with a face neighbour outside the
/// set or the grid.
/// </summary>
internal static class SurfaceDistance
{
    private const double Percentile = 0.95;

    /// <summary>The distance in mm, or null where either set is empty: it is not defined there.</summary>
    /// <param name="size">The grid.</param>
    /// <param name="spacing">The edges of a voxel in mm.</param>
    /// <param name="predicted">Classes.</param>
    /// <param name="truth">Classes.</param>
    /// <param name="class">Which class.</param>
    public static double? Hausdorff95(GridSize size, VoxelSpacing spacing, byte[] predicted, byte[] truth, byte @class)
    {
        var (first, second) = (Surface(size, predicted, @class), Surface(size, truth, @class));
        if (first.Count == 0 || second.Count == 0)
            return null;
        return Math.Max(Directed(first, Squared(size, spacing, second)), Directed(second, Squared(size, spacing, first)));
    }

    /// <summary>The value below which a part of sorted values lies, interpolated linearly between the two nearest.</summary>
    public static double PercentileOf(double[] sorted, double part)
    {
        var position = part * (sorted.Length - 1);
        var below = (int)position;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
    }

    /// <summary>Squared distances in mm to the nearest voxel of a set. Volumes are looked at in parallel, each by one thread.</summary>
    private static double[] Squared(GridSize size, VoxelSpacing spacing, List<int> set)
    {
        var (marks, squared) = (new byte[size.Voxels], new double[size.Voxels]);
        foreach (var voxel in set)
            marks[voxel] = 1;
        var grid = new SpatialGrid([size.Z, size.Y, size.X], [spacing.Z, spacing.Y, spacing.X]);
        DistanceTransform.Squared(grid, marks, toMarked: true, squared, new ThreadPoolTeam(1));
        return squared;
    }

    private static double Directed(List<int> surface, double[] squared)
    {
        var distances = surface.Select(voxel => Math.Sqrt(squared[voxel])).Order().ToArray();
        return PercentileOf(distances, Percentile);
    }

    private static List<int> Surface(GridSize size, byte[] labels, byte @class)
    {
        var surface = new List<int>();
        for (var voxel = 0; voxel < labels.Length; voxel++)
        {
            if (labels[voxel] != @class)
                continue;
            var (zy, x) = Math.DivRem(voxel, size.X);
            var (z, y) = Math.DivRem(zy, size.Y);
            var area = size.X * size.Y;
            if (x == 0 || x == size.X - 1 || y == 0 || y == size.Y - 1 || z == 0 || z == size.Z - 1
                || labels[voxel - 1] != @class || labels[voxel + 1] != @class || labels[voxel - size.X] != @class
                || labels[voxel + size.X] != @class || labels[voxel - area] != @class || labels[voxel + area] != @class)
            {
                surface.Add(voxel);
            }
        }

        return surface;
    }
}
