using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Host;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Interop.Engines;

/// <content>The general passes.</content>
internal sealed unsafe partial class HostLossEngine
{
    /// <inheritdoc/>
    public bool Takes(GeneralProblem problem)
    {
        var isDouble = problem.Logits == LogitsType.Float64;
        var target = problem.Target is TargetKind.Labels or TargetKind.UInt8
            || (isDouble ? problem.Target == TargetKind.Float64 : problem.Target != TargetKind.Float64);
        return target && problem.Mask != (isDouble ? MaskKind.Float32 : MaskKind.Float64);
    }

    /// <inheritdoc/>
    public long GeneralScratchElements(GeneralProblem problem) => 0;

    /// <inheritdoc/>
    public void ReduceGeneral(GeneralProblem problem, GeneralTensors tensors, nint scratch, nint statistics, nint values)
    {
        var length = checked(problem.Sums * problem.Shape.Samples * new StatisticsLayout(problem.Shape.Classes).Stride);
        HostEngine.Reduce(
            ArgumentsOf(problem, tensors), TorchThreadTeam.Current, new Span<double>((void*)statistics, length), (void*)values);
    }

    /// <inheritdoc/>
    public void SpreadGeneral(GeneralProblem problem, GeneralTensors tensors, nint coefficients, nint seeds, nint logitsGradient)
    {
        var team = TorchThreadTeam.Current;
        Provide(problem.Shape, problem.Logits, problem.Layout, logitsGradient, team);
        HostEngine.Spread(
            ArgumentsOf(problem, tensors), team, (ClassCoefficients*)coefficients, (void*)seeds, (void*)logitsGradient);
    }

    private static HostArguments ArgumentsOf(GeneralProblem problem, GeneralTensors tensors) => new()
    {
        Shape = problem.Shape,
        Logits = (void*)tensors.Logits,
        LogitsType = problem.Logits,
        Target = (void*)tensors.Target,
        TargetKind = problem.Target,
        LabelType = problem.Label,
        IgnoreIndex = checked((int)problem.IgnoreIndex),
        ChecksTarget = problem.ChecksTarget,
        Mask = problem.Mask == MaskKind.None ? null : (void*)tensors.Mask,
        MaskKind = problem.Mask,
        Layout = problem.Layout,
        Sums = SumsOf(problem, (double*)tensors.Plan),
        ValueSum = problem.ValueSum,
        ValuesPerClass = problem.ValuesPerClass,
    };

    private static HostSum[] SumsOf(GeneralProblem problem, double* plan)
    {
        var sums = new HostSum[problem.Sums];
        for (var i = 0; i < sums.Length; i++)
            sums[i] = HostSum.Of(plan, problem.Shape.Classes, i);
        return sums;
    }
}
