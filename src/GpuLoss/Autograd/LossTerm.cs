using GpuLoss.Kernels.Objective;

namespace GpuLoss.Autograd;

/// <summary>One loss of a weighted sum, or the only one.</summary>
/// <param name="Factor">Its factor.</param>
/// <param name="Definition">The loss.</param>
/// <param name="Weights">Its class weights.</param>
/// <param name="Options">What else it asks for.</param>
internal sealed record LossTerm(double Factor, LossDefinition Definition, ClassWeights Weights, TermOptions Options)
{
    /// <summary>Whether it has an overlap term.</summary>
    public bool HasOverlap => Definition.Overlap.Combination != OverlapCombination.None;
}
