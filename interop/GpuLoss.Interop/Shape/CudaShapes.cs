using System.Collections.Concurrent;
using GpuLoss.Interop.Cuda;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Shape;
using GpuLoss.Kernels.Shape.Device;

namespace GpuLoss.Interop.Shape;

/// <summary>The losses of shapes on CUDA tensors, in float32: launches on torch's stream, and no waiting for the host.</summary>
internal sealed partial class CudaShapes(CudaDevice device, Func<ShapeKernel, PtxKernel> compile) : IShapeEngine
{
    /// <summary>The blocks of a launch that goes through all elements: enough for 2048 threads of each multiprocessor of an H100.</summary>
    private const int MostBlocks = 132 * 16;

    private const int MostRows = 65535;

    private static readonly ConcurrentDictionary<int, CudaShapes> Engines = new();

    private readonly CudaKernels<ShapeKernel> kernels = new(compile);

    /// <inheritdoc/>
    public bool IsEnqueued => true;

    /// <summary>The bytes that the volumes worked on together may take, unless one takes more.</summary>
    internal long MostScratch { get; init; } = 1L << 28;

    /// <summary>The engine of a GPU.</summary>
    /// <exception cref="NotSupportedException">There is no CUDA driver.</exception>
    /// <exception cref="CudaException">There is no such GPU.</exception>
    public static CudaShapes For(int ordinal) =>
        Engines.GetOrAdd(ordinal, static number => new CudaShapes(CudaDevice.For(number), PtxCompiler.Compile));

    private static ref KernelArguments Planes(ref KernelArguments arguments, ShapeProblem problem)
    {
        var (voxels, elements) = (problem.Samples * problem.Grid.Voxels, problem.Samples * (long)problem.Classes * problem.Grid.Voxels);
        return ref arguments.View(problem.Predictions, problem.Predictions == 0 ? 0 : elements)
            .View(problem.Labels, problem.Labels == 0 ? 0 : voxels).View(problem.Numbers, problem.Numbers == 0 ? 0 : elements)
            .View(problem.Counted, problem.Counted == 0 ? 0 : voxels);
    }

    /// <summary>Blocks with a thread for each of some things.</summary>
    private static long BlocksOf(long threads) => (threads + ShapeKernel.Threads - 1) / ShapeKernel.Threads;

    /// <summary>Blocks whose threads go on to the next elements.</summary>
    private static int LoopBlocks(long elements) => (int)Math.Min(MostBlocks, (elements + ShapeKernel.Threads - 1) / ShapeKernel.Threads);

    /// <summary>How many volumes are worked on at a time.</summary>
    private long Together(SpatialGrid grid, long volumes, long bytesOfVoxel) =>
        Math.Clamp(MostScratch / (grid.Voxels * bytesOfVoxel), 1, Math.Min(volumes, MostRows));

    private void Launch(ShapeKernel kernel, (long X, long Y, long Z) grid, scoped ref KernelArguments arguments) => device.Launch(
        kernels, kernel, kernel.Name, (checked((int)grid.X), (int)Math.Min(grid.Y, MostRows), checked((int)grid.Z)), ShapeKernel.Threads,
        ref arguments);

    private void Launch(ShapeKernel kernel, (long X, long Y) grid, scoped ref KernelArguments arguments) =>
        Launch(kernel, (grid.X, grid.Y, 1), ref arguments);

    private void Launch(ShapeKernel kernel, long blocks, scoped ref KernelArguments arguments) =>
        Launch(kernel, (blocks, 1, 1), ref arguments);
}
