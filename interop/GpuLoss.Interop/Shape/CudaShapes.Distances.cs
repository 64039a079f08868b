using GpuLoss.Interop.Cuda;
using GpuLoss.Kernels.Shape;
using GpuLoss.Kernels.Shape.Device;

namespace GpuLoss.Interop.Shape;

/// <summary>Distances, and the losses of them.</summary>
internal sealed partial class CudaShapes
{
    /// <summary>For every voxel the square of its distance, two doubles and an int of an envelope.</summary>
    private const long BytesOfVoxel = 3 * sizeof(double) + sizeof(int);

    private const int WarpThreads = 32;

    /// <summary>Voxels that a thread of a sum adds up at least.</summary>
    private const int LeastPerThread = 8;

    private const int MostBlocksOfSum = 256;

    /// <inheritdoc/>
    public long DistanceScratch(SpatialGrid grid, long volumes)
    {
        ArgumentNullException.ThrowIfNull(grid);
        return Together(grid, volumes) * grid.Voxels * BytesOfVoxel;
    }

    /// <inheritdoc/>
    public void Distances(SpatialGrid grid, long volumes, nint marks, nint scratch, nint distances, bool isDouble)
    {
        ArgumentNullException.ThrowIfNull(grid);
        var together = Together(grid, volumes);
        for (var begin = 0L; begin < volumes; begin += together)
        {
            var count = Math.Min(together, volumes - begin);
            var (voxels, offset) = (count * grid.Voxels, (nint)(begin * grid.Voxels));
            Squares(grid, count, marks + offset, toMarked: false, scratch);
            var arguments = default(KernelArguments);
            arguments.View(scratch, voxels).View(isDouble ? 0 : distances + offset * sizeof(float), isDouble ? 0 : voxels)
                .View(isDouble ? distances + offset * sizeof(double) : 0, isDouble ? voxels : 0);
            Launch(ShapeKernel.Roots, LoopBlocks(voxels), ref arguments);
        }
    }

    /// <inheritdoc/>
    public long PlaneScratch(ShapeProblem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var together = Together(problem.Grid, problem.Pairs);
        return Math.Max(together * problem.Grid.Voxels * (BytesOfVoxel + 1), PartialBytes(problem));
    }

    /// <inheritdoc/>
    public void SignedDistances(ShapeProblem problem, nint scratch, nint maps)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ForEachKind(problem, scratch, ofPrediction: false, (marks, squared, offset, voxels, toMarked) =>
        {
            var arguments = default(KernelArguments);
            arguments.View(marks, voxels).View(squared, voxels).View(maps, problem.Pairs * problem.Grid.Voxels).Value(offset)
                .Value(toMarked ? 1 : 0).Value(problem.Grid.LeastSpacing);
            Launch(ShapeKernel.Sign, LoopBlocks(voxels), ref arguments);
        });
    }

    /// <inheritdoc/>
    public void Products(ShapeProblem problem, nint factors, nint scratch, nint values) =>
        Sum(ShapeKernel.Products, problem, factors, scratch, values);

    /// <inheritdoc/>
    public void Hausdorff(ShapeProblem problem, double alpha, nint scratch, nint values, nint slopes)
    {
        ArgumentNullException.ThrowIfNull(problem);
        foreach (var ofPrediction in (ReadOnlySpan<bool>)[true, false])
        {
            ForEachKind(problem, scratch, ofPrediction, (marks, squared, offset, voxels, toMarked) =>
            {
                var arguments = default(KernelArguments);
                arguments.View(marks, voxels).View(squared, voxels).View(slopes, problem.Pairs * problem.Grid.Voxels).Value(offset)
                    .Value(toMarked ? 1 : 0).Value(ofPrediction ? 1 : 0).Value(alpha);
                Launch(alpha == SquareOfDistance.Alpha ? ShapeKernel.AddSquare : ShapeKernel.AddPower, LoopBlocks(voxels), ref arguments);
            });
        }

        Sum(ShapeKernel.Hausdorff, problem, slopes, scratch, values);
    }

    /// <inheritdoc/>
    public void Gradient(ShapeProblem problem, nint slopes, nint ofValues, int rows, nint gradient)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var (planes, counted) = (problem.Samples * problem.Classes, problem.Classes - problem.FirstClass);
        var arguments = default(KernelArguments);
        arguments.View(slopes, problem.Pairs * problem.Grid.Voxels).View(ofValues, (long)rows * counted)
            .View(gradient, planes * problem.Grid.Voxels).Value(problem.Shape);
        Launch(ShapeKernel.Gradient, (LoopBlocks(problem.Grid.Voxels), planes), ref arguments);
    }

    private static int SumBlocks(ShapeProblem problem) => SumBlocks(problem.Grid.Voxels);

    private static int SumBlocks(long elements) => (int)Math.Clamp(elements / (ShapeKernel.Threads * LeastPerThread), 1, MostBlocksOfSum);

    private static long PartialBytes(ShapeProblem problem) => (long)problem.Pairs * SumBlocks(problem) * sizeof(double);

    private long Together(SpatialGrid grid, long volumes) => Together(grid, volumes, BytesOfVoxel);

    /// <summary>Sums over the voxels of every pair: of a block each, and then of a pair.</summary>
    private void Sum(ShapeKernel kernel, ShapeProblem problem, nint slopes, nint scratch, nint values)
    {
        var (blocks, pairs) = (SumBlocks(problem), problem.Pairs);
        var arguments = default(KernelArguments);
        Planes(ref arguments, problem).View(slopes, pairs * problem.Grid.Voxels).View(scratch, (long)pairs * blocks).Value(problem.Shape);
        Launch(kernel, (blocks, pairs), ref arguments);
        SumRows(scratch, pairs, blocks, values);
    }

    private void SumRows(nint partials, long rows, int blocks, nint sums)
    {
        var arguments = default(KernelArguments);
        arguments.View(partials, rows * blocks).View(sums, rows).Value(blocks);
        Launch(ShapeKernel.SumRows, BlocksOf(rows), ref arguments);
    }

    /// <summary>For some pairs at a time, the squared distances to the voxels that are marked, and then those to the others.</summary>
    private void ForEachKind(ShapeProblem problem, nint scratch, bool ofPrediction, DistanceAction use)
    {
        var together = Together(problem.Grid, problem.Pairs);
        for (var begin = 0; begin < problem.Pairs; begin += (int)together)
        {
            var count = Math.Min(together, problem.Pairs - begin);
            var voxels = count * problem.Grid.Voxels;
            var marks = scratch + (nint)(together * problem.Grid.Voxels * BytesOfVoxel);
            var arguments = default(KernelArguments);
            Planes(ref arguments, problem).View(marks, voxels).Value(problem.Shape).Value(begin).Value(ofPrediction ? 1 : 0);
            Launch(ShapeKernel.Mark, (LoopBlocks(problem.Grid.Voxels), count), ref arguments);
            foreach (var toMarked in (ReadOnlySpan<bool>)[true, false])
            {
                Squares(problem.Grid, count, marks, toMarked, scratch);
                use(marks, scratch, begin * problem.Grid.Voxels, voxels, toMarked);
            }
        }
    }

    /// <summary>Squared distances of some volumes, at the beginning of the scratch memory.</summary>
    private void Squares(SpatialGrid grid, long volumes, nint marks, bool toMarked, nint squared)
    {
        var (voxels, axis) = (volumes * grid.Voxels, grid.Axes - 1);
        var lines = voxels / grid.Size(axis);
        var arguments = default(KernelArguments);
        arguments.View(marks, voxels).View(squared, voxels).Value(lines).Value(checked((int)grid.Size(axis))).Value(toMarked ? 1 : 0)
            .Value(grid.Spacing(axis) * grid.Spacing(axis));
        Launch(ShapeKernel.Line, BlocksOf(lines * WarpThreads), ref arguments);
        var (lifted, borders) = (squared + (nint)voxels * sizeof(double), squared + 2 * (nint)voxels * sizeof(double));
        for (axis--; axis >= 0; axis--)
        {
            if (grid.Size(axis) == 1)
                continue;
            lines = voxels / grid.Size(axis);
            arguments = default;
            arguments.View(squared, voxels).View(lifted, voxels).View(borders, voxels).View(borders + (nint)voxels * sizeof(double), voxels)
                .Value(lines).Value(checked((int)grid.Size(axis))).Value(grid.Stride(axis)).Value(grid.Spacing(axis) * grid.Spacing(axis));
            Launch(ShapeKernel.Envelope, BlocksOf(lines), ref arguments);
        }
    }

    /// <summary>Uses squared distances.</summary>
    private delegate void DistanceAction(nint marks, nint squared, long offset, long voxels, bool toMarked);
}
