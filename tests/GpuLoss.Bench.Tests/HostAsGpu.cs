using GpuLoss.Interop.Cuda;
using GpuLoss.Interop.Engines;
using GpuLoss.Interop.Tests.Cuda;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Bench.Tests;

/// <summary>
/// The host's kernels in the place of a GPU's, on memory of the stand-in for the driver: so the program that is to run on a GPU runs whole,
/// before one is at hand.
/// </summary>
internal sealed unsafe class HostAsGpu : ILossEngine
{
    private readonly CudaLabelCheck labels;

    public HostAsGpu()
    {
        RecordingDriver.ContextsOfThread.Clear();
        Device = new CudaDevice(new RecordingDriver(), 0, _ => throw new InvalidOperationException("There is no GPU to compile for."));
        labels = new CudaLabelCheck(Device);
    }

    public CudaDevice Device { get; }

    /// <summary>Makes the gradient wrong in one place by this factor.</summary>
    public float GradientFactor { get; init; } = 1;

    /// <summary>Whether invalid labels are reported.</summary>
    public bool ReportsLabels { get; init; } = true;

    public LogitsType CoefficientType => HostLossEngine.Instance.CoefficientType;

    public bool Takes(LossProblem problem) => true;

    public long ScratchElements(LossProblem problem) => 0;

    public void CheckLabels() => labels.ThrowIfAnyInvalid(wait: true);

    public void Reduce(LossProblem problem, LossTensors tensors, nint scratch, nint statistics, nint values, ScoreCall? score)
    {
        HostLossEngine.Instance.Reduce(problem, tensors, scratch, statistics, values, score);
        if (ReportsLabels)
            labels.Watch(problem, statistics);
    }

    public void Score(ScoreCall score, nint statistics) => HostLossEngine.Instance.Score(score, statistics);

    public void ScoreGradient(ScoreProblem problem, nint weights, nint statistics, nint lossGradient, nint coefficients) =>
        HostLossEngine.Instance.ScoreGradient(problem, weights, statistics, lossGradient, coefficients);

    public void Spread(LossProblem problem, LossTensors tensors, nint coefficients, nint seeds, nint logitsGradient)
    {
        HostLossEngine.Instance.Spread(problem, tensors, coefficients, seeds, logitsGradient);
        if (problem.Logits == LogitsType.Float32)
            ((float*)logitsGradient)[1] *= GradientFactor;
    }
}
