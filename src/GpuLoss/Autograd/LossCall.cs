using GpuLoss.Interop.Engines;
using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>One call of a loss: numbers only, no tensors.</summary>
/// <param name="Problem">The passes over the voxels.</param>
/// <param name="Plan">The terms and their sums.</param>
/// <param name="Output">What is computed.</param>
internal sealed record LossCall(LossProblem Problem, LossPlan Plan, LossOutput Output)
{
    /// <summary>Its place in the whole whose statistics Score sees, or null where it is all there is.</summary>
    public PlaceInWhole? Place { get; init; }

    /// <summary>The type of the loss and of the values.</summary>
    public torch.ScalarType ValueType => TensorLayouts.WideTypeOf(Problem.Logits);

    /// <summary>The sizes that Score sees.</summary>
    public LogitsShape ScoredShape => Place?.Shape ?? Problem.Shape;

    /// <summary>The terms of the largest voxels, each of which has a mean of its own that backward needs.</summary>
    public IEnumerable<PlannedTerm> TermsOfLargest =>
        Output == LossOutput.Loss ? Plan.Terms.Where(term => term.TopPercent is not null) : [];

    /// <summary>A term as Score takes it.</summary>
    public ScoreProblem ScoreOf(PlannedTerm term) => new(term.Definition, ScoredShape, Problem.Logits);

    /// <summary>The statistics of a sum.</summary>
    /// <param name="all">The address of those of all sums.</param>
    /// <param name="sum">The number of the sum.</param>
    public nint StatisticsOf(nint all, int sum) =>
        all + (nint)(sum * (long)ScoredShape.Samples * new StatisticsLayout(Problem.Shape.Classes).Stride * sizeof(double));

    /// <summary>What the passes read.</summary>
    public LossTensors Tensors(Tensor logits, Tensor target, Tensor? mask) => new(
        TensorMemory.AddressOf(logits), TensorMemory.AddressOf(target), mask is null ? 0 : TensorMemory.AddressOf(mask), Plan.Address);
}
