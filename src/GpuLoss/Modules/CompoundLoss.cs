using GpuLoss.Autograd;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>A weighted sum of losses that share one pass forward and one backward; see <see cref="nn.CompoundLoss"/>.</summary>
public class CompoundLoss : Loss<Tensor, Tensor, Tensor>
{
    private readonly IReadOnlyList<FusedLossModule> losses;
    private readonly IReadOnlyList<CompoundTerm> terms;

    /// <summary>What Reduce has to sum for all terms, and the weights of its cross-entropy.</summary>
    private readonly LossDefinition sums;
    private readonly ClassWeights sumWeights;

    internal CompoundLoss((double weight, Loss<Tensor, Tensor, Tensor> term)[] terms)
        : base(torch.nn.Reduction.Mean)
    {
        ArgumentNullException.ThrowIfNull(terms);
        if (terms.Length == 0)
            throw new ArgumentException("A compound loss needs at least one term.", nameof(terms));
        losses = [.. terms.Select(term => term.term as FusedLossModule ?? throw new ArgumentException(
            $"Terms must be losses of GpuLoss.nn that are functions of the shared sums, not {term.term?.GetType().Name ?? "null"}.", nameof(terms)))];
        this.terms = [.. terms.Zip(losses, (term, loss) => new CompoundTerm(Finite(term.weight), loss.Definition, loss.ClassWeights))];

        var overlaps = losses.Where(loss => loss.Definition.Overlap.Combination != OverlapCombination.None).ToArray();
        var crossEntropies = losses.Where(loss => loss.Definition.HasCrossEntropy).ToArray();
        Require(losses, (one, other) => one.ignore_index == other.ignore_index, "ignore_index");
        Require(
            overlaps, (one, other) => one.Definition.Overlap.SquaredPrediction == other.Definition.Overlap.SquaredPrediction,
            "squared, which says what P is");
        Require(
            crossEntropies, (one, other) => one.Definition.FocalGamma == other.Definition.FocalGamma,
            "gamma, which is 0 for cross-entropy");
        Require(crossEntropies, (one, other) => one.ClassWeights.Equal(other.ClassWeights), "the class weights of cross-entropy");
        sums = new LossDefinition
        {
            Overlap = overlaps.Length > 0 ? overlaps[0].Definition.Overlap : default,
            CrossEntropyScale = crossEntropies.Length > 0 ? 1 : 0,
            FocalGamma = crossEntropies.Length > 0 ? crossEntropies[0].Definition.FocalGamma : 0,
        };
        sumWeights = crossEntropies.Length > 0 ? crossEntropies[0].ClassWeights : ClassWeights.Ones;
    }

    /// <summary>Computes the loss.</summary>
    /// <param name="logits">As in <see cref="FusedLossModule.forward(Tensor, Tensor)"/>.</param>
    /// <param name="target">Likewise.</param>
    /// <returns>Likewise.</returns>
    /// <exception cref="ArgumentException">Likewise.</exception>
#pragma warning disable CA1725 // The base class calls them input1 and input2, which tells a caller nothing.
    public override Tensor forward(Tensor logits, Tensor target) =>
#pragma warning restore CA1725
        FusedLoss.Of(logits, target, sums, sumWeights, losses[0].ignore_index, terms: terms);

    /// <summary>Computes the loss of the voxels that a mask selects; see <see cref="FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</summary>
    public Tensor forward(Tensor logits, Tensor target, Tensor mask)
    {
        using var selected = VoxelMask.Apply(target, mask, losses[0].ignore_index);
        return forward(logits, selected);
    }

    /// <summary>Disposes the terms.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var loss in losses)
                loss.Dispose();
        }

        base.Dispose(disposing);
    }

    private static double Finite(double weight) => double.IsFinite(weight)
        ? weight
        : throw new ArgumentException($"The weight of a term must be finite, not {weight}.", nameof(weight));

    private static void Require(IReadOnlyList<FusedLossModule> terms, Func<FusedLossModule, FusedLossModule, bool> agree, string option)
    {
        if (terms.Any(term => !agree(term, terms[0])))
            throw new ArgumentException($"The terms of a compound loss share one pass and must agree in {option}.", nameof(terms));
    }
}
