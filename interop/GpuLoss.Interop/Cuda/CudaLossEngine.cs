using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Interop.Cuda;

/// <summary>
/// The engine of CUDA tensors: two launches forward, two backward, and no waiting for the host. Labels are counted on the way; see
/// <see cref="CudaLabelCheck"/>.
/// </summary>
internal sealed partial class CudaLossEngine(CudaDevice device) : ILossEngine
{
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
        var volume = Volume(problem);
        return
        [
            Reduce(problem, volume, logits: 0, target: 0), Score(problem, DeviceStep.ScoreLoss), Score(problem, DeviceStep.ScoreGradient),
            Spread(problem, volume, logits: 0, target: 0, logitsGradient: 0),
        ];
    }

    /// <inheritdoc/>
    public LogitsType CoefficientType => LogitsType.Float32;

    /// <inheritdoc/>
    public bool Takes(LossProblem problem) =>
        DeviceKernelCatalogue.LogitsTypes.Contains(problem.Logits) && DeviceVolume.Takes(problem.Layout);

    /// <inheritdoc/>
    public long ForwardScratchElements(LossProblem problem) => DeviceKernelTable.PartialsFor(problem.Logits, problem.Shape);

    /// <inheritdoc/>
    public long BackwardScratchElements(LossProblem problem) => (long)problem.Shape.Samples * problem.Shape.Classes
        * (Marshal.SizeOf<DeviceCoefficients>() / sizeof(double));

    /// <inheritdoc/>
    public void Forward(LossProblem problem, nint logits, nint target, nint weights, nint scratch, nint statistics, nint loss)
    {
        labels.ThrowIfAnyInvalid(wait: false);
        var (shape, partials) = (problem.Shape, DeviceKernelTable.PartialsFor(problem.Logits, problem.Shape));
        var volume = Volume(problem);
        var reduce = Reduce(problem, volume, logits, target);
        var blocks = DeviceKernelTable.BlocksFor(reduce, shape);

        var arguments = default(KernelArguments);
        arguments.Value(logits).View(target, LabelBytes(problem)).View(weights, shape.Classes).View(scratch, partials)
            .Value(volume.InVectors(reduce.Width)).Value((float)problem.Definition.FocalGamma);
        device.Launch(reduce, (blocks, shape.Samples, 1), reduce.Threads, ref arguments);

        ScoreLoss(problem, scratch, partials, blocks, weights, statistics, loss);
        labels.Watch(problem, statistics);
        if (problem.ChecksLabelsAtOnce)
            CheckLabels();
    }

    /// <inheritdoc/>
    public void ScoreTotals(LossProblem problem, nint weights, nint totals, nint statistics, nint loss) =>
        ScoreLoss(problem, totals, Statistics(problem.Shape), blocks: 1, weights, statistics, loss);

    /// <inheritdoc/>
    public void Backward(
        LossProblem problem, nint logits, nint target, nint weights, nint statistics, nint lossGradient, nint scratch, nint logitsGradient)
    {
        ScoreGradient(problem, weights, statistics, lossGradient, scratch);
        Spread(problem, logits, target, weights, scratch, logitsGradient);
    }

    /// <inheritdoc/>
    public void ScoreGradient(LossProblem problem, nint weights, nint statistics, nint lossGradient, nint coefficients)
    {
        var shape = problem.Shape;
        var arguments = default(KernelArguments);
        arguments.View(statistics, Statistics(shape)).View(weights, shape.Classes)
            .View(lossGradient, Values(problem)).View(coefficients, (long)shape.Samples * shape.Classes).Value(problem.Definition).Value(shape);
        var score = Score(problem, DeviceStep.ScoreGradient);
        device.Launch(score, (1, 1, 1), score.Threads, ref arguments);
    }

    /// <inheritdoc/>
    public void Spread(LossProblem problem, nint logits, nint target, nint weights, nint coefficients, nint logitsGradient)
    {
        var shape = problem.Shape;
        var volume = Volume(problem);
        var spread = Spread(problem, volume, logits, target, logitsGradient);
        var arguments = default(KernelArguments);
        arguments.Value(logits).View(target, LabelBytes(problem)).View(coefficients, (long)shape.Samples * shape.Classes).Value(logitsGradient)
            .Value(volume.InVectors(spread.Width)).Value((float)problem.Definition.FocalGamma);
        device.Launch(spread, (DeviceKernelTable.BlocksFor(spread, shape), shape.Samples, 1), spread.Threads, ref arguments);
    }

    private void ScoreLoss(LossProblem problem, nint partials, long length, int blocks, nint weights, nint statistics, nint loss)
    {
        var shape = problem.Shape;
        var arguments = default(KernelArguments);
        arguments.View(partials, length).View(weights, shape.Classes).View(statistics, Statistics(shape))
            .View(loss, Values(problem)).Value(problem.Definition).Value(shape).Value(blocks);
        var score = Score(problem, DeviceStep.ScoreLoss);
        device.Launch(score, (1, 1, 1), score.Threads, ref arguments);
    }

    private static DeviceKernel Score(LossProblem problem, DeviceStep step) => DeviceKernel.Score(step, problem.Definition.Overlap.IsTransformed);

    private static DeviceKernel Reduce(LossProblem problem, DeviceVolume volume, nint logits, nint target) => DeviceKernelTable.Pick(
        DeviceStep.Reduce, volume, problem.Logits, problem.Definition.Overlap.SquaredPrediction != 0, logits, target, logits);

    private static DeviceKernel Spread(LossProblem problem, DeviceVolume volume, nint logits, nint target, nint logitsGradient) =>
        DeviceKernelTable.Pick(DeviceStep.Spread, volume, problem.Logits, squared: false, logits, target, logitsGradient);

    private static DeviceVolume Volume(LossProblem problem) =>
        DeviceVolume.Of(problem.Shape, problem.Layout, problem.Target, problem.IgnoreIndex);

    private static long LabelBytes(LossProblem problem) => problem.Shape.Samples * problem.Shape.Voxels * ElementTypes.SizeOf(problem.Target);

    private static long Values(LossProblem problem) => Kernels.Objective.Score.ValueCount(problem.Definition, problem.Shape);

    private static long Statistics(LogitsShape shape) => (long)shape.Samples * new StatisticsLayout(shape.Classes).Stride;
}
