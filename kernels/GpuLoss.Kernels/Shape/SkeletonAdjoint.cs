using System.Numerics;
using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host;

namespace GpuLoss.Kernels.Shape;

/// <summary>
/// The gradient of <c>Σ s·(a·t + b)</c> with respect to the volume whose soft skeleton s is. The levels are made again, and behind their
/// wave follows one of slopes, from the last level to the first: what a minimum or a maximum was taken from gets its slope, the first of
/// equal ones. Planes of a level are kept until the slopes have come by.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class SkeletonAdjoint<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly SkeletonGrid grid;
    private readonly int iterations;
    private readonly ShapePlane<T> tensors;
    private readonly double ofTarget;
    private readonly double ofAll;
    private readonly ScratchMemory scratch;
    private readonly SkeletonLevels<T> levels;
    private readonly PlaneRing<T>[] deltas;
    private readonly PlaneRing<T>[] slopes;
    private readonly T* unused;
    private readonly T* ofSkeleton;
    private readonly T* skeletons;

    /// <summary>Takes the memory.</summary>
    /// <param name="grid">The sizes.</param>
    /// <param name="iterations">K.</param>
    /// <param name="tensors">The volume and the target.</param>
    /// <param name="ofTarget">a.</param>
    /// <param name="ofAll">b.</param>
    /// <param name="gradient">All 0; receives the gradient.</param>
    public SkeletonAdjoint(SkeletonGrid grid, int iterations, ShapePlane<T> tensors, double ofTarget, double ofAll, T* gradient)
    {
        (this.grid, this.iterations, this.tensors, this.ofTarget, this.ofAll) = (grid, iterations, tensors, ofTarget, ofAll);
        levels = new(
            grid, iterations, new(tensors.Predictions, grid.Plane, grid.Planes),
            [.. Enumerable.Range(1, iterations + 1).Select(level => 2L * (iterations - level) + 5)]);

        // The slopes of level k come by K - k steps behind the last delta, those of the deltas at once.
        long[] deltaPlanes = [.. Enumerable.Range(0, iterations + 1).Select(k => Math.Min(iterations - k + 1L, grid.Planes))];
        long[] slopePlanes = [.. Enumerable.Range(1, iterations + 1).Select(level => Math.Min(iterations - level + 4L, grid.Planes))];
        scratch = MappedMemory.Of(
            deltaPlanes.Concat(slopePlanes).Sum(planes => ScratchMemory.SizeOf<T>(planes * grid.Plane))
                + ScratchMemory.SizeOf<T>(grid.Plane)
            + ScratchMemory.SizeOf<T>(grid.Row) + ScratchMemory.SizeOf<T>((iterations + 1L) * grid.Row));
        deltas = new PlaneRing<T>[iterations + 1];
        slopes = new PlaneRing<T>[iterations + 2];
        slopes[0] = new(gradient, grid.Plane, grid.Planes);
        for (var k = 0; k <= iterations; k++)
        {
            deltas[k] = new(scratch.Take<T>(deltaPlanes[k] * grid.Plane), grid.Plane, deltaPlanes[k]);
            slopes[k + 1] = new(scratch.Take<T>(slopePlanes[k] * grid.Plane), grid.Plane, slopePlanes[k]);
        }

        unused = scratch.Take<T>(grid.Plane);
        ofSkeleton = scratch.Take<T>(grid.Row);
        skeletons = scratch.Take<T>((iterations + 1L) * grid.Row);
    }

    /// <summary>Adds the gradient.</summary>
    public void Run()
    {
        for (var step = 0L; step <= grid.Planes + 2L * iterations + 2; step++)
        {
            for (var k = 0; k <= iterations; k++)
            {
                var z = step - k - 1;
                levels.Make(k, z, z >= 1 && z <= grid.Planes ? deltas[k][z - 1] : unused);
            }

            // d of all levels is there up to this plane.
            var last = step - iterations - 2;
            if (last >= 0 && last < grid.Planes)
                Openings(last);
            for (var k = iterations; k >= 0; k--)
            {
                var z = last - 1 - (iterations - k);
                if (z >= 0 && z < grid.Planes)
                    Erosion(k, z);
            }
        }
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        levels.Dispose();
        scratch.Dispose();
    }

    /// <summary>From the slopes by the skeleton of a plane to those by all levels around it.</summary>
    private void Openings(long z)
    {
        for (var level = 1; level <= iterations + 1; level++)
        {
            if (z == 0)
                Clear(slopes[level][0]);
            if (z + 1 < grid.Planes)
                Clear(slopes[level][z + 1]);
        }

        Span<nint> rows = stackalloc nint[iterations + 1];
        for (var y = 0; y < grid.Rows; y++)
        {
            var first = (long)y * grid.Row;
            for (var x = 0; x < grid.Row; x++)
                ofSkeleton[x] = T.CreateTruncating(ofTarget * double.CreateTruncating(tensors.Target(z * grid.Plane + first + x)) + ofAll);
            for (var k = 0; k <= iterations; k++)
                rows[k] = (nint)(deltas[k][z] + first);
            SkeletonRows<T>.Slopes(rows, ofSkeleton, grid.Row, skeletons);
        }

        for (var k = 0; k <= iterations; k++)
        {
            Add(deltas[k][z], slopes[k][z]);
            for (var y = 0; y < grid.Rows; y++)
                Dilation(k, z, y);
        }
    }

    private void Clear(T* plane) => new Span<T>(plane, checked((int)grid.Plane)).Clear();

    private void Add(T* terms, T* sums)
    {
        var count = checked((int)grid.Plane);
        System.Numerics.Tensors.TensorPrimitives.Add(new ReadOnlySpan<T>(sums, count), new ReadOnlySpan<T>(terms, count),
            new Span<T>(sums, count));
    }

    /// <summary>The opened voxels of a row of level k take from what is largest around them in level k + 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Dilation(int k, long z, int y)
    {
        var own = deltas[k][z] + (long)y * grid.Row;
        var (eroded, to) = (levels[k + 1], slopes[k + 1]);
        var (firstPlane, lastPlane) = (Math.Max(0, z - 1), Math.Min(grid.Planes - 1, z + 1));
        var (firstRow, lastRow) = (Math.Max(0, y - 1), Math.Min(grid.Rows - 1, y + 1));
        for (var x = 0; x < grid.Row; x++)
        {
            if (own[x] == T.Zero)
                continue;
            var (firstColumn, lastColumn) = (Math.Max(0, x - 1), Math.Min(grid.Row - 1, x + 1));
            var (largest, plane, place) = (T.NegativeInfinity, z, (long)y * grid.Row + x);
            for (var nearPlane = firstPlane; nearPlane <= lastPlane; nearPlane++)
            {
                var values = eroded[nearPlane];
                for (var row = firstRow; row <= lastRow; row++)
                {
                    for (var column = firstColumn; column <= lastColumn; column++)
                    {
                        var near = (long)row * grid.Row + column;
                        if (values[near] > largest)
                            (largest, plane, place) = (values[near], nearPlane, near);
                    }
                }
            }

            to[plane][place] -= own[x];
        }
    }

    /// <summary>The voxels of a plane of level k + 1 give what they got to what is least around them in level k.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Erosion(int k, long z)
    {
        var (from, least) = ((nint)slopes[k + 1][z], (nint)levels[k + 1][z]);
        var (values, to) = ((nint)levels[k][z], (nint)slopes[k][z]);
        for (var y = 0; y < grid.Rows; y++)
        {
            for (var x = 0; x < grid.Row; x++)
            {
                var at = (long)y * grid.Row + x;
                var slope = ((T*)from)[at];
                if (slope == T.Zero)
                    continue;
                var value = ((T*)least)[at];
                if (((T*)values)[at] == value)
                    ((T*)to)[at] += slope;
                else if (x > 0 && ((T*)values)[at - 1] == value)
                    ((T*)to)[at - 1] += slope;
                else if (x + 1 < grid.Row && ((T*)values)[at + 1] == value)
                    ((T*)to)[at + 1] += slope;
                else if (y > 0 && ((T*)values)[at - grid.Row] == value)
                    ((T*)to)[at - grid.Row] += slope;
                else if (y + 1 < grid.Rows && ((T*)values)[at + grid.Row] == value)
                    ((T*)to)[at + grid.Row] += slope;
                else if (z > 0 && levels[k][z - 1][at] == value)
                    slopes[k][z - 1][at] += slope;
                else if (z + 1 < grid.Planes && levels[k][z + 1][at] == value)
                    slopes[k][z + 1][at] += slope;
            }
        }
    }
}
