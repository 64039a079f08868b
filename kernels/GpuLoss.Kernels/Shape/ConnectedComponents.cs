using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GpuLoss.Kernels.Host;

namespace GpuLoss.Kernels.Shape;

/// <summary>
/// Numbers the connected parts of a set: one scan over the voxels that gives each the number of a neighbour before it and notes which
/// numbers meet (a forest of disjoint sets), and one that gives every part its own, 1, 2, ... in the order of their first voxels.
/// </summary>
internal static unsafe class ConnectedComponents
{
    /// <summary>The most axes a grid may have.</summary>
    public const int MostAxes = 3;

    /// <summary>Numbers the parts of a set.</summary>
    /// <param name="grid">The voxels: one to three axes.</param>
    /// <param name="connectivity">Along how many axes at once neighbours may differ by one: 1 for faces, as many as axes for corners
    /// too.</param>
    /// <param name="labels">More than 0 in the set, and 0 or less elsewhere, which stays as it is; receives the numbers.</param>
    /// <returns>How many parts there are.</returns>
    public static int Label(SpatialGrid grid, int connectivity, int* labels)
    {
        ArgumentNullException.ThrowIfNull(grid);
        if (grid.Axes > MostAxes)
            throw new ArgumentException($"A set has one to {MostAxes} axes here, not {grid.Axes}.", nameof(grid));
        var sizes = new long[] { 1, 1, 1 };
        for (var axis = 0; axis < grid.Axes; axis++)
            sizes[MostAxes - grid.Axes + axis] = grid.Size(axis);
        var before = Before(connectivity);
        List<int> parents = [0];
        for (var voxel = 0L; voxel < grid.Voxels; voxel++)
        {
            if (labels[voxel] > 0)
                labels[voxel] = Join(labels, voxel, sizes, before, parents);
        }

        return Number(labels, grid.Voxels, CollectionsMarshal.AsSpan(parents));
    }

    /// <summary>Numbers the parts of every one of some sets by itself, each by one thread.</summary>
    /// <param name="grid">The voxels of a set: one to three axes.</param>
    /// <param name="volumes">The number of sets.</param>
    /// <param name="connectivity">Along how many axes at once neighbours may differ by one.</param>
    /// <param name="labels">More than 0 in a set, and 0 or less elsewhere; receives the numbers.</param>
    /// <param name="team">The threads.</param>
    public static void Label(SpatialGrid grid, long volumes, int connectivity, int* labels, IThreadTeam team)
    {
        ArgumentNullException.ThrowIfNull(grid);
        SharedLoop.ForEach(team, volumes, volume => Label(grid, connectivity, labels + volume * grid.Voxels));
    }

    /// <summary>The steps to the neighbours that a scan has seen.</summary>
    private static (int Z, int Y, int X)[] Before(int connectivity) =>
    [
        .. from z in Enumerable.Range(-1, 2)
           from y in Enumerable.Range(-1, 3)
           from x in Enumerable.Range(-1, 3)
           where (z, y, x).CompareTo((0, 0, 0)) < 0 && Math.Abs(z) + Math.Abs(y) + Math.Abs(x) <= connectivity
           select (z, y, x),
    ];

    /// <summary>The number of a voxel: the least of its neighbours', which are one part from now on, or a new one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Join(int* labels, long voxel, long[] sizes, (int Z, int Y, int X)[] before, List<int> parents)
    {
        var (rest, x) = Math.DivRem(voxel, sizes[2]);
        var (z, y) = Math.DivRem(rest, sizes[1]);
        var least = 0;
        foreach (var step in before)
        {
            if ((ulong)(z + step.Z) >= (ulong)sizes[0] || (ulong)(y + step.Y) >= (ulong)sizes[1] || (ulong)(x + step.X) >= (ulong)sizes[2])
                continue;
            var label = labels[voxel + (step.Z * sizes[1] + step.Y) * sizes[2] + step.X];
            if (label <= 0)
                continue;
            var root = Root(CollectionsMarshal.AsSpan(parents), label);
            if (least == 0)
                least = root;
            else if (root != least)
                (least, parents[Math.Max(root, least)]) = (Math.Min(root, least), Math.Min(root, least));
        }

        if (least != 0)
            return least;
        parents.Add(parents.Count);
        return parents.Count - 1;
    }

    /// <summary>The least number that a number has met; the way there gets shorter.</summary>
    private static int Root(Span<int> parents, int label)
    {
        while (parents[label] != label)
            label = parents[label] = parents[parents[label]];
        return label;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Number(int* labels, long voxels, Span<int> parents)
    {
        // A root is less than what has met it, and so has its number already.
        var parts = 0;
        var numbers = new int[parents.Length];
        for (var label = 1; label < parents.Length; label++)
            numbers[label] = parents[label] == label ? ++parts : numbers[Root(parents, label)];
        for (var voxel = 0L; voxel < voxels; voxel++)
        {
            if (labels[voxel] > 0)
                labels[voxel] = numbers[labels[voxel]];
        }

        return parts;
    }
}
