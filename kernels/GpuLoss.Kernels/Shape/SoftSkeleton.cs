using System.Numerics;
using GpuLoss.Kernels.Host;

namespace GpuLoss.Kernels.Shape;

/// <summary>Does something with a finished plane.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="z">Which.</param>
/// <param name="plane">Its voxels.</param>
internal unsafe delegate void PlaneAction<T>(long z, T* plane)
    where T : unmanaged;

/// <summary>The soft skeleton of a volume, plane by plane.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class SoftSkeleton<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>A level's planes are needed by the next level, at once, and by its own opening, one step later.</summary>
    private const long LevelPlanes = 4;

    private readonly SkeletonGrid grid;
    private readonly int iterations;
    private readonly ScratchMemory scratch;
    private readonly SkeletonLevels<T> levels;
    private readonly PlaneRing<T> skeletons;
    private readonly T* delta;
    private readonly Action<long> provide;

    /// <summary>The skeleton of a volume that lies in memory.</summary>
    public SoftSkeleton(SkeletonGrid grid, int iterations, PlaneRing<T> source)
        : this(grid, iterations, new(Bytes(grid, iterations)), _ => source, _ => _ => { })
    {
    }

    private SoftSkeleton(
        SkeletonGrid grid, int iterations, ScratchMemory scratch, Func<ScratchMemory, PlaneRing<T>> source, Func<PlaneRing<T>,
            Action<long>> provider)
    {
        (this.grid, this.iterations, this.scratch) = (grid, iterations, scratch);
        var first = source(scratch);
        provide = provider(first);
        levels = new(grid, iterations, first, [.. Enumerable.Repeat(LevelPlanes, iterations + 1)]);
        var kept = Math.Min(iterations + 2L, grid.Planes);
        skeletons = new(scratch.Take<T>(kept * grid.Plane), grid.Plane, kept);
        delta = scratch.Take<T>(grid.Plane);
    }

    /// <summary>The skeleton of a target, whose planes are made as they are needed.</summary>
    public static SoftSkeleton<T> OfTarget(SkeletonGrid grid, int iterations, ShapePlane<T> target)
    {
        var kept = Math.Min(LevelPlanes, grid.Planes);
        return new(
            grid, iterations, new(Bytes(grid, iterations) + ScratchMemory.SizeOf<T>(kept * grid.Plane)),
            scratch => new(scratch.Take<T>(kept * grid.Plane), grid.Plane, kept),
            ring => z =>
            {
                var plane = ring[z];
                for (var i = 0L; i < grid.Plane; i++)
                    plane[i] = target.Target(z * grid.Plane + i);
            });
    }

    /// <summary>Makes all planes of the skeleton, in their order.</summary>
    public void Run(PlaneAction<T> finish)
    {
        for (var step = 0L; step < grid.Planes + iterations + 2; step++)
        {
            if (step < grid.Planes)
                provide(step);
            for (var k = 0; k <= iterations; k++)
            {
                var z = step - k - 1;
                levels.Make(k, z, delta);
                if (z < 1 || z > grid.Planes)
                    continue;
                var skeleton = skeletons[z - 1];
                if (k == 0)
                    new ReadOnlySpan<T>(delta, checked((int)grid.Plane)).CopyTo(new Span<T>(skeleton, checked((int)grid.Plane)));
                else
                    SkeletonRows<T>.Join(skeleton, delta, grid.Plane);
                if (k == iterations)
                    finish(z - 1, skeleton);
            }
        }
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        levels.Dispose();
        scratch.Dispose();
    }

    private static long Bytes(SkeletonGrid grid, int iterations) =>
        ScratchMemory.SizeOf<T>(Math.Min(iterations + 2L, grid.Planes) * grid.Plane) + ScratchMemory.SizeOf<T>(grid.Plane);
}
