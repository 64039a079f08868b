using GpuLoss.Interop.Cuda;
using GpuLoss.Interop.Engines;
using GpuLoss.Interop.Tests.Cuda;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Bench.Tests;

/// <summary>
/// The host's kernels in the place of a GPU's, on memory of the stand-in for the driver: so the program that is to run on a GPU runs whole, before one is
/// at hand.
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

    public long ForwardScratchElements(LossProblem problem) => 0;

    public long BackwardScratchElements(LossProblem problem) => 0;

    public void CheckLabels() => labels.ThrowIfAnyInvalid(wait: true);

    public void Forward(LossProblem problem, nint logits, nint target, nint weights, nint scratch, nint statistics, nint loss)
    {
        HostLossEngine.Instance.Forward(problem, logits, target, weights, scratch, statistics, loss);
        if (ReportsLabels)
            labels.Watch(problem, statistics);
    }

    public void Backward(
        LossProblem problem, nint logits, nint target, nint weights, nint statistics, nint lossGradient, nint scratch, nint logitsGradient)
    {
        HostLossEngine.Instance.Backward(problem, logits, target, weights, statistics, lossGradient, scratch, logitsGradient);
        if (problem.Logits == LogitsType.Float32)
            ((float*)logitsGradient)[1] *= GradientFactor;
    }

    public void ScoreTotals(LossProblem problem, nint weights, nint totals, nint statistics, nint loss) =>
        HostLossEngine.Instance.ScoreTotals(problem, weights, totals, statistics, loss);

    public void ScoreGradient(LossProblem problem, nint weights, nint statistics, nint lossGradient, nint coefficients) =>
        HostLossEngine.Instance.ScoreGradient(problem, weights, statistics, lossGradient, coefficients);

    public void Spread(LossProblem problem, nint logits, nint target, nint weights, nint coefficients, nint logitsGradient) =>
        HostLossEngine.Instance.Spread(problem, logits, target, weights, coefficients, logitsGradient);

    public bool Takes(GeneralProblem problem) => HostLossEngine.Instance.Takes(problem);

    public long GeneralScratchElements(GeneralProblem problem) => HostLossEngine.Instance.GeneralScratchElements(problem);

    public void ReduceGeneral(GeneralProblem problem, GeneralTensors tensors, nint scratch, nint statistics, nint values) =>
        HostLossEngine.Instance.ReduceGeneral(problem, tensors, scratch, statistics, values);

    public void SpreadGeneral(GeneralProblem problem, GeneralTensors tensors, nint coefficients, nint seeds, nint logitsGradient) =>
        HostLossEngine.Instance.SpreadGeneral(problem, tensors, coefficients, seeds, logitsGradient);
}
