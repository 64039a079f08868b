using GpuLoss.Interop.Engines;
using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>What a call of the general passes returns.</summary>
internal enum GeneralOutput
{
    /// <summary>The weighted sum of the terms: a scalar, or the values of the only overlap term where they are not reduced.</summary>
    Loss,

    /// <summary>The statistics of the only sum, as <see cref="LossOutput.Statistics"/>.</summary>
    Statistics,

    /// <summary>The voxel term before any reduction, [N, *S] or [N, C, *S].</summary>
    Values,
}

/// <summary>One call of the general passes: numbers only, no tensors.</summary>
/// <param name="Problem">The passes.</param>
/// <param name="Terms">The terms.</param>
/// <param name="Sums">The sums.</param>
/// <param name="Output">What is computed.</param>
internal sealed record GeneralCall(
    GeneralProblem Problem, IReadOnlyList<PlannedTerm> Terms, IReadOnlyList<SumDefinition> Sums, GeneralOutput Output)
{
    /// <summary>Its place in the whole whose statistics Score sees, or null where it is all there is.</summary>
    public PlaceInWhole? Place { get; init; }

    /// <summary>The sizes that Score sees.</summary>
    public LogitsShape ScoredShape => Place?.Shape ?? Problem.Shape;

    /// <summary>The sizes of statistics: a row for each sum and sample.</summary>
    public LogitsShape Rows => Problem.Shape with { Samples = checked(Problem.Sums * Problem.Shape.Samples) };

    /// <summary>The type of the loss and of the values.</summary>
    public torch.ScalarType ValueType => Problem.Logits == LogitsType.Float64 ? torch.ScalarType.Float64 : torch.ScalarType.Float32;

    /// <summary>What the statistics of the only sum are of.</summary>
    public LossDefinition Definition => new()
    {
        Overlap = new OverlapTerm
        {
            Combination = Sums[0].Overlap == OverlapSums.None ? OverlapCombination.None : OverlapCombination.MeanOfRatios,
            SquaredPrediction = Sums[0].Overlap == OverlapSums.Squared ? 1 : 0,
        },
        CrossEntropyScale = Sums[0].HasVoxelTerm,
    };

    /// <summary>Doubles of all statistics of a sum.</summary>
    public long StatisticsOfSum => ScoredShape.Samples * (long)new StatisticsLayout(Problem.Shape.Classes).Stride;

    /// <summary>A term as Score takes it.</summary>
    public LossProblem ProblemOf(LossDefinition definition) =>
        new(definition, ScoredShape, Problem.Logits, Problem.Label, Layout: null, Problem.IgnoreIndex, HasClassWeights: true);

    /// <summary>The addresses of a call.</summary>
    public static GeneralTensors Addresses(Tensor logits, Tensor target, Tensor? mask, Tensor plan) => new(
        TensorMemory.AddressOf(logits), TensorMemory.AddressOf(target), mask is null ? 0 : TensorMemory.AddressOf(mask), TensorMemory.AddressOf(plan));
}
