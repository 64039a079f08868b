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
    private static readonly ConcurrentDictionary<int, CudaLossEngine> Engines = new();

    private readonly CudaLabelCheck labels = new(device);

    /// <inheritdoc/>
    public LogitsType CoefficientType => LogitsType.Float32;

    /// <summary>The engine of a GPU.</summary>
    /// <exception cref="NotSupportedException">There is no CUDA driver.</exception>
    /// <exception cref="CudaException">There is no such GPU.</exception>
    public static CudaLossEngine For(int ordinal) =>
        Engines.GetOrAdd(ordinal, static number => new CudaLossEngine(CudaDevice.For(number)));

    /// <summary>The kernels of a call whose tensors lie as torch allocates them, in the order of their launches.</summary>
    public static IReadOnlyList<DeviceKernel> KernelsOf(LossProblem problem, LossDefinition definition)
    {
        var arguments = default(KernelArguments);
        return
        [
            CudaPass.Reduce(problem, default, scratch: 0, partials: 0, values: 0, ref arguments), Score(definition, DeviceStep.ScoreLoss),
            Score(definition, DeviceStep.ScoreGradient),
            CudaPass.Spread(problem, default, coefficients: 0, seeds: 0, logitsGradient: 0, ref arguments),
        ];
    }

    /// <inheritdoc/>
    public bool Takes(LossProblem problem) => DeviceKernelCatalogue.LogitsTypes.Contains(problem.Logits) && CudaPass.Takes(problem);

    /// <inheritdoc/>
    public long ScratchElements(LossProblem problem) => CudaPass.Partials(problem, device.Multiprocessors) + 1;

    /// <inheritdoc/>
    public void CheckLabels() => labels.ThrowIfAnyInvalid(wait: true);

    /// <inheritdoc/>
    public void Reduce(LossProblem problem, LossTensors tensors, nint scratch, nint statistics, nint values, ScoreCall? score = null)
    {
        labels.ThrowIfAnyInvalid(wait: false);
        var arguments = default(KernelArguments);
        var partials = CudaPass.Partials(problem, device.Multiprocessors);
        var reduce = CudaPass.Reduce(problem, tensors, scratch, partials, values, ref arguments);
        var blocks = CudaPass.Blocks(problem, reduce, device.Multiprocessors);
        device.Launch(reduce, (blocks, problem.Shape.Samples, 1), reduce.Threads, ref arguments);

        // What is left of Score where there is no loss is the sum over the blocks, and a value of 0 at the end of the scratch memory.
        AddUp(
            score ?? new(new(default, problem.Rows, problem.Logits), Weights: 0, scratch + (nint)partials * sizeof(double)), scratch,
            partials, blocks,
            statistics);

        if (problem.Target != TargetKind.Labels && !problem.ChecksTarget && problem.Mask == MaskKind.None)
            return;
        labels.Watch(problem, statistics);
        if (problem.ChecksLabelsAtOnce)
            CheckLabels();
    }

    /// <inheritdoc/>
    public void Score(ScoreCall score, nint statistics) =>
        AddUp(score, statistics, CudaPass.Statistics(score.Problem.Shape), blocks: 1, statistics);

    /// <inheritdoc/>
    public void ScoreGradient(ScoreProblem problem, nint weights, nint statistics, nint lossGradient, nint coefficients)
    {
        var shape = problem.Shape;
        var arguments = default(KernelArguments);
        arguments.View(statistics, CudaPass.Statistics(shape)).View(weights, shape.Classes).View(lossGradient, Values(problem))
            .View(coefficients, (long)shape.Samples * shape.Classes).Value(problem.Definition).Value(shape);
        var score = Score(problem.Definition, DeviceStep.ScoreGradient);
        device.Launch(score, (1, 1, 1), score.Threads, ref arguments);
    }

    /// <inheritdoc/>
    public void Spread(LossProblem problem, LossTensors tensors, nint coefficients, nint seeds, nint logitsGradient)
    {
        var arguments = default(KernelArguments);
        var spread = CudaPass.Spread(problem, tensors, coefficients, seeds, logitsGradient, ref arguments);
        device.Launch(spread, (CudaPass.Blocks(problem, spread, device.Multiprocessors), problem.Shape.Samples, 1), spread.Threads,
            ref arguments);
    }

    /// <summary>Adds up the partial sums of blocks, and takes the value of a loss.</summary>
    private void AddUp(ScoreCall call, nint partials, long length, int blocks, nint statistics)
    {
        var problem = call.Problem;
        var arguments = default(KernelArguments);
        arguments.View(partials, length).View(call.Weights, call.Weights == 0 ? 0 : problem.Shape.Classes)
            .View(statistics, CudaPass.Statistics(problem.Shape)).View(call.Value, Values(problem)).Value(problem.Definition)
                .Value(problem.Shape).Value(blocks);
        var score = Score(problem.Definition, DeviceStep.ScoreLoss);
        device.Launch(score, (1, 1, 1), score.Threads, ref arguments);
    }

    private static DeviceKernel Score(LossDefinition definition, DeviceStep step) =>
        DeviceKernel.Score(step, definition.Overlap.IsTransformed);

    private static long Values(ScoreProblem problem) => Kernels.Objective.Score.ValueCount(problem.Definition, problem.Shape);
}
