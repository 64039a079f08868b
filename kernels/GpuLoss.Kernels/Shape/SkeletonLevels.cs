using System.Numerics;
using GpuLoss.Kernels.Host;

namespace GpuLoss.Kernels.Shape;

/// <summary>
/// A volume eroded again and again, as a wave: in step t, level k gets its plane t - k, for which the planes before, at and behind it of
/// the level above are there. Only as many planes of each level are kept as are still needed, so that what is in work lies in the caches,
/// and memory does not grow with the volume.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class SkeletonLevels<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int BoxPlanes = 3;

    private readonly ScratchMemory scratch;
    private readonly PlaneRing<T>[] levels;
    private readonly PlaneRing<T>[] boxes;
    private readonly T* columns;

    /// <summary>The levels of a volume.</summary>
    /// <param name="grid">Its sizes.</param>
    /// <param name="iterations">K: levels 0 to K + 1 are made.</param>
    /// <param name="source">Level 0.</param>
    /// <param name="capacities">How many planes of each level from the first eroded one are kept, three or more.</param>
    public SkeletonLevels(SkeletonGrid grid, int iterations, PlaneRing<T> source, IReadOnlyList<long> capacities)
    {
        (Grid, Iterations) = (grid, iterations);
        var kept = capacities.Select(capacity => Math.Min(capacity, grid.Planes)).ToArray();
        var boxesKept = Math.Min(BoxPlanes, grid.Planes);
        scratch = MappedMemory.Of(
            kept.Sum(capacity => ScratchMemory.SizeOf<T>(capacity * grid.Plane)) + kept.Length
                * ScratchMemory.SizeOf<T>(boxesKept * grid.Plane)
            + ScratchMemory.SizeOf<T>(grid.Row + 2));
        levels = new PlaneRing<T>[iterations + 2];
        boxes = new PlaneRing<T>[iterations + 2];
        levels[0] = source;
        for (var level = 1; level < levels.Length; level++)
        {
            levels[level] = new(scratch.Take<T>(kept[level - 1] * grid.Plane), grid.Plane, kept[level - 1]);
            boxes[level] = new(scratch.Take<T>(boxesKept * grid.Plane), grid.Plane, boxesKept);
        }

        columns = scratch.Take<T>(grid.Row + 2);
    }

    /// <summary>The sizes.</summary>
    public SkeletonGrid Grid { get; }

    /// <summary>K.</summary>
    public int Iterations { get; }

    /// <summary>The planes of a level.</summary>
    public PlaneRing<T> this[int level] => levels[level];

    /// <summary>Makes plane z of level k + 1, eroded from level k, if there is one, and then what the opening took away of plane z - 1 of
    /// level k.</summary>
    /// <param name="k">0 to K.</param>
    /// <param name="z">The plane.</param>
    /// <param name="delta">Receives d of plane z - 1, if there is one.</param>
    public void Make(int k, long z, T* delta)
    {
        if (z >= 0 && z < Grid.Planes)
            Erode(k, z);
        var done = z - 1;
        if (done < 0 || done >= Grid.Planes)
            return;
        var box = boxes[k + 1];
        SkeletonRows<T>.Delta(
            levels[k][done], box[done], box.Clamped(done - 1, Grid.Planes), box.Clamped(done + 1, Grid.Planes), Grid.Plane, delta);
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose() => scratch.Dispose();

    private void Erode(int k, long z)
    {
        var (from, to, box) = ((nint)levels[k][z], (nint)levels[k + 1][z], (nint)boxes[k + 1][z]);
        var (before, after) = ((nint)levels[k].Clamped(z - 1, Grid.Planes), (nint)levels[k].Clamped(z + 1, Grid.Planes));
        for (var y = 0; y < Grid.Rows; y++)
        {
            var (at, above, below) = Neighbours(y);
            SkeletonRows<T>.Erode(
                (T*)from + at, (T*)from + above, (T*)from + below, (T*)before + at, (T*)after + at, Grid.Row, (T*)to + at);
        }

        for (var y = 0; y < Grid.Rows; y++)
        {
            var (at, above, below) = Neighbours(y);
            SkeletonRows<T>.Box((T*)to + at, (T*)to + above, (T*)to + below, Grid.Row, columns, (T*)box + at);
        }
    }

    /// <summary>Where a row begins, and the rows around it.</summary>
    private (long At, long Above, long Below) Neighbours(int y) =>
        ((long)y * Grid.Row, Math.Max(0L, y - 1) * Grid.Row, Math.Min(Grid.Rows - 1L, y + 1) * Grid.Row);
}
