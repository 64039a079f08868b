using GpuLoss.Interop.Cuda;
using GpuLoss.Kernels.Shape;
using GpuLoss.Kernels.Shape.Device;

namespace GpuLoss.Interop.Shape;

/// <summary>Soft skeletons.</summary>
internal sealed partial class CudaShapes
{
    /// <summary>Two levels, and the skeletons of predictions and target.</summary>
    private const int VolumesForward = 4;

    /// <inheritdoc/>
    public long SkeletonScratch(ShapeProblem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var floats = Together(problem.Grid, problem.Pairs, VolumesForward * sizeof(float)) * problem.Grid.Voxels * VolumesForward;
        return PartialBytes(problem) * SkeletonKernel.Sums + floats * sizeof(float);
    }

    /// <inheritdoc/>
    public void Skeletons(ShapeProblem problem, int iterations, nint scratch, nint sums)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var (together, blocks) = (Together(problem.Grid, problem.Pairs, VolumesForward * sizeof(float)), SumBlocks(problem));
        var partials = scratch;
        scratch += (nint)PartialBytes(problem) * SkeletonKernel.Sums;
        for (var begin = 0L; begin < problem.Pairs; begin += together)
        {
            var pairs = Math.Min(together, problem.Pairs - begin);
            var (voxels, bytes) = (pairs * problem.Grid.Voxels, (nint)(pairs * problem.Grid.Voxels * sizeof(float)));
            var (level, next, ofPrediction, ofTarget) = (scratch, scratch + bytes, scratch + 2 * bytes, scratch + 3 * bytes);
            Skeleton(problem, begin, pairs, iterations, ofPrediction: true, (level, next), ofPrediction);
            Skeleton(problem, begin, pairs, iterations, ofPrediction: false, (level, next), ofTarget);
            var arguments = default(KernelArguments);
            Planes(ref arguments, problem).View(ofPrediction, voxels).View(ofTarget, voxels)
                .View(partials, (long)problem.Pairs * SkeletonKernel.Sums * blocks).Value(problem.Shape).Value((int)begin);
            Launch(ShapeKernel.SkeletonSums, (blocks, pairs), ref arguments);
        }

        SumRows(partials, (long)problem.Pairs * SkeletonKernel.Sums, blocks, sums);
    }

    /// <inheritdoc/>
    public long SkeletonGradientScratch(ShapeProblem problem, int iterations)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var bytes = BytesBackward(iterations);
        return Together(problem.Grid, problem.Pairs, bytes) * problem.Grid.Voxels * bytes;
    }

    /// <inheritdoc/>
    public void SkeletonGradient(ShapeProblem problem, int iterations, nint ofSums, nint scratch, nint gradient)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var together = Together(problem.Grid, problem.Pairs, BytesBackward(iterations));
        for (var begin = 0L; begin < problem.Pairs; begin += together)
        {
            var pairs = Math.Min(together, problem.Pairs - begin);
            SkeletonGradient(problem, begin, pairs, iterations, ofSums, new(scratch, pairs * problem.Grid.Voxels, iterations), gradient);
        }
    }

    /// <summary>What backward keeps for every voxel: all levels, what was taken away of them, two of their slopes and the skeleton of the
    /// target; and where each least and largest came from.</summary>
    private static long BytesBackward(int iterations) =>
        (iterations + 2L + iterations + 1 + 2 + 1) * sizeof(float) + 2 * (iterations + 1L);

    private void SkeletonGradient(
        ShapeProblem problem, long begin, long pairs, int iterations, nint ofSums, Backward memory, nint gradient)
    {
        var (voxels, grid) = (memory.Voxels, SkeletonGrid.Of(problem.Grid));
        Skeleton(problem, begin, pairs, iterations, ofPrediction: false, (memory.Level(0), memory.Level(1)), memory.Skeleton);
        Source(problem, begin, voxels, ofPrediction: true, memory.Level(0));
        for (var k = 0; k <= iterations; k++)
        {
            Erode(grid, pairs, memory.Level(k), memory.Level(k + 1), memory.Least(k + 1));
            Open(grid, pairs, (memory.Level(k), memory.Level(k + 1)), memory.Delta(k), memory.Largest(k + 1), skeleton: 0, isFirst: false);
        }

        var arguments = default(KernelArguments);
        var sums = (long)problem.Pairs * SkeletonKernel.Sums;
        Planes(ref arguments, problem).View(ofSums, sums).View(memory.Delta(0), (iterations + 1) * voxels).Value(problem.Shape)
            .Value((int)begin).Value((int)pairs).Value(iterations);
        Launch(ShapeKernel.SkeletonSlopes, (LoopBlocks(problem.Grid.Voxels), pairs), ref arguments);
        for (var level = iterations + 1; level >= 0; level--)
        {
            var (isFirst, isLast) = (level == 0, level == iterations + 1);
            arguments = default;
            View(ref arguments, isLast ? 0 : memory.Delta(level), voxels);
            View(ref arguments, isFirst ? 0 : memory.Largest(level), voxels);
            View(ref arguments, isFirst ? 0 : memory.Delta(level - 1), voxels);
            View(ref arguments, isLast ? 0 : memory.Least(level + 1), voxels);
            View(ref arguments, isLast ? 0 : memory.Slope(level + 1), voxels);
            arguments.View(memory.Slope(level), voxels).Value(grid);
            Launch(ShapeKernel.Collect, (BlocksOf(grid.Plane), grid.Planes, pairs), ref arguments);
        }

        arguments = default;
        Planes(ref arguments, problem).View(ofSums, sums).View(memory.Slope(0), voxels).View(memory.Skeleton, voxels)
            .View(gradient, problem.Samples * problem.Classes * problem.Grid.Voxels).Value(problem.Shape).Value((int)begin);
        Launch(ShapeKernel.SkeletonGradient, (LoopBlocks(problem.Grid.Voxels), pairs), ref arguments);
    }

    /// <summary>The skeletons of some pairs; the levels of memory are overwritten.</summary>
    private void Skeleton(
        ShapeProblem problem, long begin, long pairs, int iterations, bool ofPrediction, (nint Level, nint Next) levels, nint skeleton)
    {
        var grid = SkeletonGrid.Of(problem.Grid);
        Source(problem, begin, pairs * problem.Grid.Voxels, ofPrediction, levels.Level);
        for (var k = 0; k <= iterations; k++)
        {
            Erode(grid, pairs, levels.Level, levels.Next, sources: 0);
            Open(grid, pairs, levels, delta: 0, sources: 0, skeleton, isFirst: k == 0);
            levels = (levels.Next, levels.Level);
        }
    }

    private void Source(ShapeProblem problem, long begin, long voxels, bool ofPrediction, nint level)
    {
        var arguments = default(KernelArguments);
        Planes(ref arguments, problem).View(level, voxels).Value(problem.Shape).Value((int)begin).Value(ofPrediction ? 1 : 0);
        Launch(ShapeKernel.SkeletonSource, (LoopBlocks(problem.Grid.Voxels), voxels / problem.Grid.Voxels), ref arguments);
    }

    private void Erode(SkeletonGrid grid, long volumes, nint level, nint next, nint sources)
    {
        var voxels = volumes * grid.Planes * grid.Plane;
        var arguments = default(KernelArguments);
        View(ref arguments.View(level, voxels).View(next, voxels), sources, voxels).Value(grid);
        Launch(ShapeKernel.Erode, (BlocksOf(grid.Plane), grid.Planes, volumes), ref arguments);
    }

    private void Open(
        SkeletonGrid grid, long volumes, (nint Level, nint Next) levels, nint delta, nint sources, nint skeleton, bool isFirst)
    {
        var voxels = volumes * grid.Planes * grid.Plane;
        var arguments = default(KernelArguments);
        arguments.View(levels.Level, voxels).View(levels.Next, voxels);
        View(ref arguments, delta, voxels);
        View(ref arguments, sources, voxels);
        View(ref arguments, skeleton, voxels).Value(isFirst ? 1 : 0).Value(grid);
        Launch(ShapeKernel.Open, (BlocksOf(grid.Plane), grid.Planes, volumes), ref arguments);
    }

    /// <summary>A view of memory, or of none.</summary>
    private static ref KernelArguments View(ref KernelArguments arguments, nint address, long length) =>
        ref arguments.View(address, address == 0 ? 0 : length);

    /// <summary>The scratch memory of backward.</summary>
    /// <param name="scratch">Its beginning.</param>
    /// <param name="voxels">Those of some pairs.</param>
    /// <param name="iterations">K.</param>
    private readonly struct Backward(nint scratch, long voxels, int iterations)
    {
        public long Voxels => voxels;

        public nint Skeleton => Floats(2 * iterations + 3);

        private nint Bytes => Floats(2 * iterations + 6);

        public nint Level(int level) => Floats(level);

        public nint Delta(int level) => Floats(iterations + 2 + level);

        /// <summary>Those of two levels are kept.</summary>
        public nint Slope(int level) => Floats(2 * iterations + 4 + level % 2);

        /// <summary>From the first eroded level on.</summary>
        public nint Least(int level) => Bytes + (nint)(voxels * (level - 1));

        /// <summary>Likewise.</summary>
        public nint Largest(int level) => Bytes + (nint)(voxels * (iterations + level));

        private nint Floats(long volume) => scratch + (nint)(volume * voxels * sizeof(float));
    }
}
