using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Objective;
using GpuLoss.PtxMachine;

namespace GpuLoss.Bench.Prediction;

/// <summary>
/// The machine in the host's place, another one in every thread, and the host itself in threads that have none. Blocks of a grid may be
/// left out: what they would have written and a later kernel reads is there before, so that the later ones compute with numbers.
/// </summary>
internal sealed unsafe class MachineOfThread : ILossEngine
{
    /// <summary>A length that shares no factor with the blocks of a grid.</summary>
    private const int RandomValues = 4099;

    private static readonly float[] Values = RandomTerms();

    [ThreadStatic]
    private static EngineOnMachine? current;

    /// <inheritdoc/>
    public LogitsType CoefficientType => Engine.CoefficientType;

    private static ILossEngine Engine => current is { } machine ? machine : HostLossEngine.Instance;

    /// <summary>Does something with a machine in the place of the host's engine.</summary>
    public static void With(EngineOnMachine machine, Action run)
    {
        current = machine;
        try
        {
            run();
        }
        finally
        {
            current = null;
        }
    }

    /// <inheritdoc/>
    public bool Takes(LossProblem problem) => Engine.Takes(problem);

    /// <inheritdoc/>
    public long ScratchElements(LossProblem problem) => Engine.ScratchElements(problem);

    /// <inheritdoc/>
    public void Reduce(LossProblem problem, LossTensors tensors, nint scratch, nint statistics, nint values, ScoreCall? score = null)
    {
        if (current is not null)
            WriteBefore(problem, scratch, values);
        Engine.Reduce(problem, tensors, scratch, statistics, values, score);
    }

    /// <inheritdoc/>
    public void Score(ScoreCall score, nint statistics) => Engine.Score(score, statistics);

    /// <inheritdoc/>
    public void ScoreGradient(ScoreProblem problem, nint weights, nint statistics, nint lossGradient, nint coefficients) =>
        Engine.ScoreGradient(problem, weights, statistics, lossGradient, coefficients);

    /// <inheritdoc/>
    public void Spread(LossProblem problem, LossTensors tensors, nint coefficients, nint seeds, nint logitsGradient) =>
        Engine.Spread(problem, tensors, coefficients, seeds, logitsGradient);

    /// <inheritdoc/>
    public void CheckLabels() => Engine.CheckLabels();

    private static void WriteBefore(LossProblem problem, nint scratch, nint values)
    {
        new Span<double>((void*)scratch, checked((int)Engine.ScratchElements(problem))).Clear();
        for (var at = 0L; values != 0 && at < problem.Values; at += RandomValues)
            Values.AsSpan(0, (int)Math.Min(RandomValues, problem.Values - at)).CopyTo(new Span<float>((float*)values + at, RandomValues));
    }

    /// <summary>Numbers distributed like the cross-entropies of voxels, of which a top-k loss selects some.</summary>
    private static float[] RandomTerms()
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, RandomValues).Select(_ => (float)-Math.Log(1 - random.NextDouble()))];
    }
}
