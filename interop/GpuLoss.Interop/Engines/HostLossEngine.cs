using System.Buffers;
using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Host;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Interop.Engines;

/// <summary>The engine of CPU tensors: SIMD kernels on torch's threads. Its work is done when a call returns.</summary>
internal sealed unsafe partial class HostLossEngine : ILossEngine
{
    private HostLossEngine()
    {
    }

    /// <summary>The engine.</summary>
    public static HostLossEngine Instance { get; } = new();

    /// <inheritdoc/>
    public LogitsType CoefficientType => LogitsType.Float64;

    /// <inheritdoc/>
    public bool Takes(LossProblem problem) => true;

    /// <inheritdoc/>
    public long ForwardScratchElements(LossProblem problem) => 0;

    /// <inheritdoc/>
    public long BackwardScratchElements(LossProblem problem) => 0;

    /// <inheritdoc/>
    public void CheckLabels()
    {
    }

    /// <inheritdoc/>
    public void Forward(LossProblem problem, nint logits, nint target, nint weights, nint scratch, nint statistics, nint loss)
    {
        var length = checked(problem.Shape.Samples * new StatisticsLayout(problem.Shape.Classes).Stride);
        HostEngine.Reduce(
            ArgumentsOf(problem, logits, target, problem.HasClassWeights ? (double*)weights : null), TorchThreadTeam.Current,
            new Span<double>((void*)statistics, length));
        Evaluate(problem, weights, statistics, loss);
    }

    /// <inheritdoc/>
    public void ScoreTotals(LossProblem problem, nint weights, nint totals, nint statistics, nint loss)
    {
        var length = checked(problem.Shape.Samples * new StatisticsLayout(problem.Shape.Classes).Stride);
        new ReadOnlySpan<double>((void*)totals, length).CopyTo(new Span<double>((void*)statistics, length));
        Evaluate(problem, weights, statistics, loss);
    }

    /// <inheritdoc/>
    public void Backward(
        LossProblem problem, nint logits, nint target, nint weights, nint statistics, nint lossGradient, nint scratch, nint logitsGradient)
    {
        var pairs = checked(problem.Shape.Samples * problem.Shape.Classes);
        var rented = ArrayPool<ClassCoefficients>.Shared.Rent(pairs);
        try
        {
            fixed (ClassCoefficients* coefficients = rented)
            {
                ScoreGradient(problem, weights, statistics, lossGradient, (nint)coefficients);
                Spread(problem, logits, target, weights, (nint)coefficients, logitsGradient);
            }
        }
        finally
        {
            ArrayPool<ClassCoefficients>.Shared.Return(rented);
        }
    }

    /// <inheritdoc/>
    public void ScoreGradient(LossProblem problem, nint weights, nint statistics, nint lossGradient, nint coefficients) =>
        Score.VectorJacobian<HostScoreInput, HostScoreGradient, HostScoreOutput, HostScoreTeam, PowerOfMeasure>(
            problem.Definition, problem.Shape, new HostScoreInput((double*)statistics), new HostScoreInput((double*)weights),
            new HostScoreGradient((void*)lossGradient, problem.Logits == LogitsType.Float64),
            new HostScoreOutput((ClassCoefficients*)coefficients), default(HostScoreTeam));

    /// <inheritdoc/>
    public void Spread(LossProblem problem, nint logits, nint target, nint weights, nint coefficients, nint logitsGradient)
    {
        var team = TorchThreadTeam.Current;
        Provide(problem.Shape, problem.Logits, problem.Layout, logitsGradient, team);

        HostEngine.Spread(
            ArgumentsOf(problem, logits, target, weights: null), team, (ClassCoefficients*)coefficients, null, (void*)logitsGradient);
    }

    private static void Provide(LogitsShape shape, LogitsType type, VolumeLayout? layout, nint gradient, IThreadTeam team)
    {
        if (layout is null || layout.IsGradientDense(shape))
            FreshMemory.Provide(gradient, (long)shape.Samples * shape.Classes * shape.Voxels * ElementTypes.SizeOf(type), team);
    }

    private static void Evaluate(LossProblem problem, nint weights, nint statistics, nint loss) =>
        Score.Loss<HostScoreInput, HostScoreValues, HostScoreTeam, PowerOfMeasure>(
            problem.Definition, problem.Shape, new HostScoreInput((double*)statistics), new HostScoreInput((double*)weights),
            new HostScoreValues((void*)loss, problem.Logits == LogitsType.Float64), default(HostScoreTeam));

    private static HostArguments ArgumentsOf(LossProblem problem, nint logits, nint target, double* weights) => new()
    {
        Sums =
        [
            new HostSum
            {
                Definition = new SumDefinition
                {
                    Overlap = problem.Definition.Overlap.Combination == OverlapCombination.None ? OverlapSums.None
                        : problem.Definition.Overlap.SquaredPrediction != 0 ? OverlapSums.Squared
                        : OverlapSums.Product,
                    HasVoxelTerm = problem.Definition.HasCrossEntropy ? 1 : 0,
                    Gamma = problem.Definition.FocalGamma,
                },
                Positive = weights,

                // In backward the class weights are in the coefficients.
                DiffersByClass = problem.HasClassWeights,
            },
        ],
        Shape = problem.Shape,
        Logits = (void*)logits,
        LogitsType = problem.Logits,
        Target = (void*)target,
        LabelType = problem.Target,
        Layout = problem.Layout,
        IgnoreIndex = checked((int)problem.IgnoreIndex),
    };
}
