using GpuLoss.Interop.Engines;
using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>A loss that the fast passes have computed.</summary>
/// <param name="Problem">The call.</param>
/// <param name="Output">What <paramref name="Value"/> is.</param>
/// <param name="Target">The labels, as the engine read them.</param>
/// <param name="Weights">The class weights.</param>
/// <param name="Statistics">What Reduce found.</param>
/// <param name="Value">The loss or the statistics.</param>
/// <param name="Terms">The terms of a compound loss, or null.</param>
/// <param name="Place">Its place in the whole that the statistics are of, or null.</param>
internal sealed record ComputedLoss(
    LossProblem Problem, LossOutput Output, Tensor Target, Tensor Weights, LossStatistics Statistics, Tensor Value,
    IReadOnlyList<CompoundTerm>? Terms, PlaceInWhole? Place) : IComputedLoss
{
    /// <inheritdoc/>
    public IEnumerable<Tensor> Saved
    {
        get
        {
            List<Tensor> saved = [Target];
            if (Problem.HasClassWeights)
                saved.Add(Weights);
            if (Statistics.OnDevice is { } statistics)
                saved.Add(statistics);
            foreach (var term in Terms ?? [])
                saved.Add(term.Weights.For(Target.device, Problem.Shape.Classes));
            return saved;
        }
    }

    /// <inheritdoc/>
    public IKeptLoss Keep() => new KeptLoss(Problem, Output, Statistics.OnHost, Terms, Place);
}

/// <summary>What the node of the fast passes keeps besides tensors.</summary>
/// <param name="Problem">The call.</param>
/// <param name="Output">What the node computed.</param>
/// <param name="Statistics">What Reduce found, where that is on the host.</param>
/// <param name="Terms">The terms of a compound loss, or null.</param>
/// <param name="Place">Its place in the whole that the statistics are of, or null.</param>
internal sealed record KeptLoss(
    LossProblem Problem, LossOutput Output, double[]? Statistics, IReadOnlyList<CompoundTerm>? Terms, PlaceInWhole? Place) : IKeptLoss
{
    /// <inheritdoc/>
    public void WriteGradient(Tensor gradient, List<Tensor> saved, Tensor gradOutput)
    {
        var (logits, target, device) = (saved[0], saved[1], saved[0].device);
        var problem = Problem with { Layout = TensorLayouts.Of(logits, target, gradient) };
        var weights = problem.HasClassWeights ? saved[2] : ClassWeights.Ones.For(device, problem.Shape.Classes);
        var engine = LossEngines.For(device);
        var terms = Terms?.Count ?? 0;
        using var statistics = LossStatistics.Kept(Statistics, Statistics is null ? saved[^(terms + 1)] : null).Pin();
        if (Output == LossOutput.Statistics || Terms is not null)
        {
            using var coefficients = Terms is null
                ? StatisticsGradient.Coefficients(gradOutput, problem, weights, engine.CoefficientType)
                : CompoundScore.Coefficients(engine, problem, statistics.Address, Terms, saved.TakeLast(terms), gradOutput, Place);
            engine.Spread(
                problem, TensorMemory.AddressOf(logits), TensorMemory.AddressOf(target), TensorMemory.AddressOf(weights),
                TensorMemory.AddressOf(coefficients), TensorMemory.AddressOf(gradient));
            return;
        }

        var scratchElements = engine.BackwardScratchElements(problem);
        using var scratch = scratchElements == 0 ? null : torch.empty([scratchElements], dtype: torch.ScalarType.Float64, device: device);
        using var ofValues = problem.Definition.Reduction == ScalarReduction.None ? gradOutput.contiguous() : null;
        engine.Backward(
            problem,
            TensorMemory.AddressOf(logits),
            TensorMemory.AddressOf(target),
            TensorMemory.AddressOf(weights),
            statistics.Address,
            TensorMemory.AddressOf(ofValues ?? gradOutput),
            scratch is null ? 0 : TensorMemory.AddressOf(scratch),
            TensorMemory.AddressOf(gradient));
    }
}

/// <summary>What a node of the graph computes.</summary>
internal enum LossOutput
{
    /// <summary>The loss: a scalar, or the values of its overlap term where they are not reduced.</summary>
    Value,

    /// <summary>The statistics, float64 [N, 3·C + 2]: I, P and T of every class, the cross-entropy and the number of voxels.</summary>
    Statistics,
}
