using GpuLoss.Interop.Cuda;
using GpuLoss.Kernels.Shape;
using GpuLoss.Kernels.Shape.Device;

namespace GpuLoss.Interop.Shape;

/// <summary>Connected parts and the sums of blobs.</summary>
internal sealed partial class CudaShapes
{
    /// <inheritdoc/>
    public long ComponentScratch(SpatialGrid grid, long volumes)
    {
        ArgumentNullException.ThrowIfNull(grid);
        return grid.Voxels < int.MaxValue
            ? volumes * grid.Voxels * sizeof(int)
            : throw new NotSupportedException(
                $"Connected parts of a volume of {grid.Voxels} voxels are not found on a CUDA device: 2^31 - 2 at most.");
    }

    /// <inheritdoc/>
    public void Components(SpatialGrid grid, long volumes, int connectivity, nint scratch, nint labels)
    {
        ArgumentNullException.ThrowIfNull(grid);
        var (volume, all) = (SkeletonGrid.Of(grid), volumes * grid.Voxels);
        var arguments = default(KernelArguments);
        arguments.View(labels, all).View(scratch, all).Value(grid.Voxels);
        Launch(ShapeKernel.Plant, LoopBlocks(all), ref arguments);
        for (var begin = 0L; begin < volumes; begin += MostRows)
        {
            arguments = default;
            arguments.Value((long)scratch + begin * grid.Voxels * sizeof(int)).Value(volume).Value(connectivity);
            Launch(ShapeKernel.Link, (BlocksOf(volume.Plane), volume.Planes, Math.Min(MostRows, volumes - begin)), ref arguments);
        }

        arguments = default;
        arguments.View(scratch, all).View(labels, all).Value(grid.Voxels);
        Launch(ShapeKernel.Flatten, LoopBlocks(all), ref arguments);
    }

    /// <inheritdoc/>
    public void Blobs(ShapeProblem problem, int connectivity, nint scratch, nint blobs, nint counts)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var (voxels, elements) = (problem.Samples * problem.Grid.Voxels, problem.Samples * (long)problem.Classes * problem.Grid.Voxels);
        var arguments = default(KernelArguments);
        View(ref View(ref View(ref arguments, problem.Labels, voxels), problem.Numbers, elements), problem.Counted, voxels)
            .View(blobs, problem.Pairs * problem.Grid.Voxels).Value(problem.Shape);
        Launch(ShapeKernel.BlobMark, (LoopBlocks(problem.Grid.Voxels), problem.Pairs), ref arguments);
        Components(problem.Grid, problem.Pairs, connectivity, scratch, blobs);
    }

    /// <inheritdoc/>
    public long BlobScratch(ShapeProblem problem, bool isSquared)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return PartialBytes(problem) + problem.Pairs * problem.Grid.Voxels * sizeof(double) * (isSquared ? 2 : 1);
    }

    /// <inheritdoc/>
    public void BlobSums(ShapeProblem problem, nint blobs, SortedBlobs sorted, int most, bool isSquared, nint scratch, nint sums)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var (pairs, voxels) = (problem.Pairs, problem.Pairs * problem.Grid.Voxels);
        var elements = problem.Samples * (long)problem.Classes * problem.Grid.Voxels;
        var inside = scratch + (nint)PartialBytes(problem);
        var volumes = isSquared ? inside + (nint)voxels * sizeof(double) : 0;
        var arguments = default(KernelArguments);
        arguments.View(problem.Predictions, elements).View(sorted.Blobs, voxels).View(sorted.Places, voxels).View(inside, voxels);
        View(ref arguments, volumes, voxels).Value(problem.Shape);
        Launch(ShapeKernel.BlobPieces, (LoopBlocks(problem.Grid.Voxels), pairs), ref arguments);

        arguments = default;
        arguments.View(sorted.Blobs, voxels).View(inside, voxels);
        View(ref arguments, volumes, voxels).View(sums, 3L * pairs * most + pairs).Value(problem.Shape).Value(most);
        Launch(ShapeKernel.Blobs, (LoopBlocks(most), pairs), ref arguments);

        var blocks = SumBlocks(problem);
        arguments = default;
        arguments.View(problem.Predictions, elements).View(blobs, voxels).View(scratch, (long)pairs * blocks).Value(problem.Shape)
            .Value(isSquared ? 1 : 0);
        Launch(ShapeKernel.BlobOutside, (blocks, pairs), ref arguments);
        SumRows(scratch, pairs, blocks, sums + (nint)(2L * pairs * most * sizeof(double)));
    }

    /// <inheritdoc/>
    public void BlobGradient(ShapeProblem problem, nint blobs, int most, bool isSquared, nint ofSums, nint gradient)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var (planes, pairs) = (problem.Samples * problem.Classes, problem.Pairs);
        var arguments = default(KernelArguments);
        arguments.View(problem.Predictions, planes * problem.Grid.Voxels).View(blobs, pairs * problem.Grid.Voxels)
            .View(ofSums, 3L * pairs * most + pairs).View(gradient, planes * problem.Grid.Voxels).Value(problem.Shape).Value(most)
            .Value(isSquared ? 1 : 0);
        Launch(ShapeKernel.BlobGradient, (LoopBlocks(problem.Grid.Voxels), planes), ref arguments);
    }
}
