using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Host;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Interop.Engines;

/// <summary>The engine of CPU tensors: SIMD kernels on torch's threads. Its work is done when a call returns.</summary>
internal sealed unsafe class HostLossEngine : ILossEngine
{
    private HostLossEngine()
    {
    }

    /// <summary>The engine.</summary>
    public static HostLossEngine Instance { get; } = new();

    /// <inheritdoc/>
    public LogitsType CoefficientType => LogitsType.Float64;

    /// <inheritdoc/>
    public bool Takes(LossProblem problem)
    {
        var isDouble = problem.Logits == LogitsType.Float64;
        var target = problem.Target is TargetKind.Labels or TargetKind.UInt8
            || (isDouble ? problem.Target == TargetKind.Float64 : problem.Target != TargetKind.Float64);
        return target && problem.Mask != (isDouble ? MaskKind.Float32 : MaskKind.Float64);
    }

    /// <inheritdoc/>
    public long ScratchElements(LossProblem problem) => 0;

    /// <inheritdoc/>
    public void Reduce(LossProblem problem, LossTensors tensors, nint scratch, nint statistics, nint values, ScoreCall? score = null)
    {
        var rows = problem.Rows;
        HostEngine.Reduce(
            ArgumentsOf(problem, tensors), TorchThreadTeam.Current,
            new Span<double>((void*)statistics, checked(rows.Samples * new StatisticsLayout(rows.Classes).Stride)), (void*)values);
        if (score is { } call)
            Score(call, statistics);
    }

    /// <inheritdoc/>
    public void Score(ScoreCall score, nint statistics) =>
        Kernels.Objective.Score.Loss<HostScoreInput, HostScoreValues, HostScoreTeam, PowerOfMeasure>(
            score.Problem.Definition, score.Problem.Shape, new HostScoreInput((double*)statistics),
            new HostScoreInput((double*)score.Weights),
            new HostScoreValues((void*)score.Value, score.Problem.Logits == LogitsType.Float64), default(HostScoreTeam));

    /// <inheritdoc/>
    public void ScoreGradient(ScoreProblem problem, nint weights, nint statistics, nint lossGradient, nint coefficients) =>
        Kernels.Objective.Score.VectorJacobian<HostScoreInput, HostScoreGradient, HostScoreOutput, HostScoreTeam, PowerOfMeasure>(
            problem.Definition, problem.Shape, new HostScoreInput((double*)statistics), new HostScoreInput((double*)weights),
            new HostScoreGradient((void*)lossGradient, problem.Logits == LogitsType.Float64),
            new HostScoreOutput((ClassCoefficients*)coefficients), default(HostScoreTeam));

    /// <inheritdoc/>
    public void Spread(LossProblem problem, LossTensors tensors, nint coefficients, nint seeds, nint logitsGradient)
    {
        var (team, shape) = (TorchThreadTeam.Current, problem.Shape);
        if (problem.Layout?.IsGradientDense(shape) != false)
            FreshMemory.Provide(
                logitsGradient, (long)shape.Samples * shape.Classes * shape.Voxels * ElementTypes.SizeOf(problem.Logits), team);
        HostEngine.Spread(ArgumentsOf(problem, tensors), team, (ClassCoefficients*)coefficients, (void*)seeds, (void*)logitsGradient);
    }

    /// <inheritdoc/>
    public void CheckLabels()
    {
    }

    private static HostArguments ArgumentsOf(LossProblem problem, LossTensors tensors) => new()
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

    private static HostSum[] SumsOf(LossProblem problem, double* plan)
    {
        var sums = new HostSum[problem.Sums.Count];
        for (var i = 0; i < sums.Length; i++)
            sums[i] = HostSum.Of(plan, problem.Shape.Classes, i);
        return sums;
    }
}
