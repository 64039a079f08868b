using System.Collections.Concurrent;
using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Interop.Cuda;

/// <summary>The engine of CUDA tensors: two launches forward, two backward, and no waiting for the host.</summary>
internal sealed class CudaLossEngine(CudaDevice device) : ILossEngine
{
    private static readonly ConcurrentDictionary<int, CudaLossEngine> Engines = new();

    /// <summary>The engine of a GPU.</summary>
    /// <exception cref="NotSupportedException">There is no CUDA driver.</exception>
    public static CudaLossEngine For(int ordinal) => Engines.GetOrAdd(ordinal, static number =>
        CudaDriver.TryGet(out var driver, out var whyNot)
            ? new CudaLossEngine(new CudaDevice(driver, number, PtxCompiler.Shared.Compile))
            : throw new NotSupportedException($"These tensors are on cuda:{number}, but {whyNot}."));

    /// <inheritdoc/>
    public bool Takes(LossProblem problem) =>
        DeviceKernelCatalogue.LogitsTypes.Contains(problem.Logits) && DeviceVolume.Takes(problem.Layout);

    /// <inheritdoc/>
    public long ScratchElements(LossProblem problem) => DeviceKernelTable.PartialsFor(problem.Logits, problem.Shape) * (sizeof(double) / sizeof(float));

    /// <inheritdoc/>
    public void Forward(LossProblem problem, nint logits, nint target, nint weights, nint scratch, nint statistics, nint loss)
    {
        var (shape, partials) = (problem.Shape, DeviceKernelTable.PartialsFor(problem.Logits, problem.Shape));
        var volume = Volume(problem);
        var squared = problem.Definition.Overlap.SquaredPrediction != 0;
        var reduce = DeviceKernelTable.Pick(DeviceStep.Reduce, volume, problem.Logits, squared, logits, target, logits);
        var blocks = DeviceKernelTable.BlocksFor(reduce, shape);

        var arguments = default(KernelArguments);
        arguments.Value(logits).View(target, LabelBytes(problem)).View(weights, shape.Classes).View(scratch, partials)
            .Value(volume.InVectors(reduce.Width));
        device.Launch(reduce, (blocks, shape.Samples, 1), reduce.Threads, ref arguments);

        arguments = default;
        arguments.View(scratch, partials).View(weights, shape.Classes).View(statistics, Statistics(shape))
            .View(loss, 1).Value(problem.Definition).Value(shape).Value(blocks);
        device.Launch(DeviceKernel.ScoreLoss, (1, 1, 1), DeviceKernel.ScoreLoss.Threads, ref arguments);
    }

    /// <inheritdoc/>
    public void Backward(
        LossProblem problem, nint logits, nint target, nint weights, nint statistics, nint lossGradient, nint coefficients, nint logitsGradient)
    {
        var shape = problem.Shape;
        var pairs = (long)shape.Samples * shape.Classes;
        var arguments = default(KernelArguments);
        arguments.View(statistics, Statistics(shape)).View(weights, shape.Classes)
            .View(lossGradient, 1).View(coefficients, pairs).Value(problem.Definition).Value(shape);
        device.Launch(DeviceKernel.ScoreGradient, (1, 1, 1), DeviceKernel.ScoreGradient.Threads, ref arguments);

        var volume = Volume(problem);
        var spread = DeviceKernelTable.Pick(DeviceStep.Spread, volume, problem.Logits, squared: false, logits, target, logitsGradient);
        arguments = default;
        arguments.Value(logits).View(target, LabelBytes(problem)).View(coefficients, pairs).Value(logitsGradient)
            .Value(volume.InVectors(spread.Width));
        device.Launch(spread, (DeviceKernelTable.BlocksFor(spread, shape), shape.Samples, 1), spread.Threads, ref arguments);
    }

    private static DeviceVolume Volume(LossProblem problem) =>
        DeviceVolume.Of(problem.Shape, problem.Layout, problem.Target, problem.IgnoreIndex);

    private static long LabelBytes(LossProblem problem) => problem.Shape.Samples * problem.Shape.Voxels * ElementTypes.SizeOf(problem.Target);

    private static long Statistics(LogitsShape shape) => (long)shape.Samples * new StatisticsLayout(shape.Classes).Stride;
}
