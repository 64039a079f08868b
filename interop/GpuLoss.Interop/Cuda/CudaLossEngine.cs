using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Interop.Cuda;

/// <summary>The engine of CUDA tensors: two launches forward, two backward, and no waiting for the host.</summary>
internal sealed class CudaLossEngine(CudaDevice device) : ILossEngine
{
    private const int WarpThreads = 32;

    private static readonly ConcurrentDictionary<int, CudaLossEngine> Engines = new();

    /// <summary>The engine of a GPU.</summary>
    /// <exception cref="NotSupportedException">There is no CUDA driver.</exception>
    public static CudaLossEngine For(int ordinal) => Engines.GetOrAdd(ordinal, static number =>
        CudaDriver.TryGet(out var driver, out var whyNot)
            ? new CudaLossEngine(new CudaDevice(driver, number, PtxCompiler.Shared.Compile))
            : throw new NotSupportedException($"These tensors are on cuda:{number}, but {whyNot}."));

    /// <inheritdoc/>
    public bool Takes(LossProblem problem) =>
        problem is { Layout: null, Logits: LogitsType.Float32, Target: LabelType.UInt8 or LabelType.Int64 };

    /// <inheritdoc/>
    public long ScratchElements(LossProblem problem) =>
        (long)problem.Shape.Samples * DeviceKernelTable.BlocksFor(problem.Shape, width: 1) * new StatisticsLayout(problem.Shape.Classes).Stride;

    /// <inheritdoc/>
    public long BackwardScratchElements(LossProblem problem) => (long)problem.Shape.Samples * problem.Shape.Classes
        * (Marshal.SizeOf<DeviceCoefficients>() / sizeof(double));

    /// <inheritdoc/>
    public void Forward(LossProblem problem, nint logits, nint target, nint weights, nint scratch, nint statistics, nint loss)
    {
        var shape = problem.Shape;
        var reduce = Kernel(problem, DeviceStep.Reduce, DeviceKernelTable.WidthFor(shape, logits, logits));
        var blocks = DeviceKernelTable.BlocksFor(shape, reduce.Width);
        var stride = new StatisticsLayout(shape.Classes).Stride;

        var arguments = default(KernelArguments);
        AddVolume(ref arguments, problem, reduce, logits, target);
        arguments.View(weights, shape.Classes).View(scratch, ScratchElements(problem))
            .Value(shape.Voxels / reduce.Width).Value(problem.IgnoreIndex);
        AddClasses(ref arguments, reduce);
        device.Launch(reduce, (blocks, shape.Samples, DeviceKernelTable.ChunksFor(reduce)), DeviceKernelTable.Threads, ref arguments);

        arguments = default;
        arguments.View(scratch, ScratchElements(problem)).View(weights, shape.Classes).View(statistics, (long)shape.Samples * stride)
            .View(loss, 1).Value(problem.Definition).Value(shape).Value(blocks);
        device.Launch(Score(DeviceStep.ScoreLoss), (1, 1, 1), DeviceKernelTable.Threads, ref arguments);
    }

    /// <inheritdoc/>
    public void Backward(
        LossProblem problem, nint logits, nint target, nint weights, nint statistics, nint lossGradient, nint scratch, nint logitsGradient)
    {
        var shape = problem.Shape;
        var pairs = (long)shape.Samples * shape.Classes;
        var arguments = default(KernelArguments);
        arguments.View(statistics, (long)shape.Samples * new StatisticsLayout(shape.Classes).Stride).View(weights, shape.Classes)
            .View(lossGradient, 1).View(scratch, pairs).Value(problem.Definition).Value(shape);
        device.Launch(Score(DeviceStep.ScoreGradient), (1, 1, 1), WarpThreads, ref arguments);

        var spread = Kernel(problem, DeviceStep.Spread, DeviceKernelTable.WidthFor(shape, logits, logitsGradient));
        arguments = default;
        AddVolume(ref arguments, problem, spread, logits, target);
        arguments.View(scratch, pairs).View(logitsGradient, pairs * shape.Voxels / spread.Width)
            .Value(shape.Voxels / spread.Width).Value(problem.IgnoreIndex);
        AddClasses(ref arguments, spread);
        device.Launch(
            spread, (DeviceKernelTable.BlocksFor(shape, spread.Width), shape.Samples, 1), DeviceKernelTable.Threads, ref arguments);
    }

    private static void AddVolume(scoped ref KernelArguments arguments, LossProblem problem, DeviceKernel kernel, nint logits, nint target)
    {
        var shape = problem.Shape;
        arguments.View(logits, (long)shape.Samples * shape.Classes * shape.Voxels / kernel.Width).View(target, shape.Samples * shape.Voxels);
    }

    /// <summary>Kernels that take the classes in chunks are told how many there are; the others know.</summary>
    private static void AddClasses(scoped ref KernelArguments arguments, DeviceKernel kernel)
    {
        if (kernel.IsChunked)
            arguments.Value(kernel.Classes);
    }

    private static DeviceKernel Kernel(LossProblem problem, DeviceStep step, int width) => new(
        step, problem.Shape.Classes, width, problem.Target == LabelType.Int64,
        step == DeviceStep.Reduce && problem.Definition.Overlap.SquaredPrediction != 0);

    /// <summary>The Score kernels are the same for every problem: one key, one module.</summary>
    private static DeviceKernel Score(DeviceStep step) => new(step, Classes: 0, Width: 1, LongLabels: false, Squared: false);
}
