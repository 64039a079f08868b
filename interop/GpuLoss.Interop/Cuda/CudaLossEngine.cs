using System.Collections.Concurrent;
using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Interop.Cuda;

/// <summary>
/// The engine of CUDA tensors: two launches forward, two backward, and no waiting for the host. Labels are counted on the way; see
/// <see cref="CudaLabelCheck"/>.
/// </summary>
internal sealed class CudaLossEngine(CudaDevice device) : ILossEngine
{
    private const int WarpThreads = 32;

    private static readonly ConcurrentDictionary<int, CudaLossEngine> Engines = new();

    private readonly CudaLabelCheck labels = new(device);

    /// <summary>The engine of a GPU.</summary>
    /// <exception cref="NotSupportedException">There is no CUDA driver.</exception>
    /// <exception cref="CudaException">There is no such GPU.</exception>
    public static CudaLossEngine For(int ordinal) =>
        Engines.GetOrAdd(ordinal, static number => new CudaLossEngine(CudaDevice.For(number)));

    /// <inheritdoc/>
    public void CheckLabels() => labels.ThrowIfAnyInvalid(wait: true);

    /// <summary>The kernels of a call whose tensors lie as torch allocates them, in the order of their launches.</summary>
    public static IReadOnlyList<DeviceKernel> KernelsOf(LossProblem problem)
    {
        var width = DeviceKernelTable.WidthFor(problem.Shape, logits: 0, gradient: 0);
        return
        [
            Kernel(problem, DeviceStep.Reduce, width), Score(DeviceStep.ScoreLoss), Score(DeviceStep.ScoreGradient),
            Kernel(problem, DeviceStep.Spread, width),
        ];
    }

    /// <inheritdoc/>
    public bool Takes(LossProblem problem) =>
        problem is { Layout: null, Logits: LogitsType.Float32, Target: LabelType.UInt8 or LabelType.Int64 };

    /// <inheritdoc/>
    public long ScratchElements(LossProblem problem) =>
        (long)problem.Shape.Samples * DeviceKernelTable.BlocksFor(problem.Shape, width: 1) * new StatisticsLayout(problem.Shape.Classes).Stride;

    /// <inheritdoc/>
    public void Forward(LossProblem problem, nint logits, nint target, nint weights, nint scratch, nint statistics, nint loss)
    {
        labels.ThrowIfAnyInvalid(wait: false);
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
        labels.Watch(problem, statistics);
        if (problem.ChecksLabelsAtOnce)
            CheckLabels();
    }

    /// <inheritdoc/>
    public void Backward(
        LossProblem problem, nint logits, nint target, nint weights, nint statistics, nint lossGradient, nint coefficients, nint logitsGradient)
    {
        var shape = problem.Shape;
        var pairs = (long)shape.Samples * shape.Classes;
        var arguments = default(KernelArguments);
        arguments.View(statistics, (long)shape.Samples * new StatisticsLayout(shape.Classes).Stride).View(weights, shape.Classes)
            .View(lossGradient, 1).View(coefficients, pairs).Value(problem.Definition).Value(shape);
        device.Launch(Score(DeviceStep.ScoreGradient), (1, 1, 1), WarpThreads, ref arguments);

        var spread = Kernel(problem, DeviceStep.Spread, DeviceKernelTable.WidthFor(shape, logits, logitsGradient));
        arguments = default;
        AddVolume(ref arguments, problem, spread, logits, target);
        arguments.View(coefficients, pairs).View(logitsGradient, pairs * shape.Voxels / spread.Width)
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
