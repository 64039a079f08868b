using GpuLoss.Autograd;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>A weighted sum of losses that share one pass forward and one backward; see <see cref="nn.CompoundLoss"/>.</summary>
public class CompoundLoss : Loss<Tensor, Tensor, Tensor>
{
    private readonly IReadOnlyList<Loss<Tensor, Tensor, Tensor>> losses;
    private readonly LossRecipe recipe;
    private bool isDisposed;

    internal CompoundLoss((double weight, Loss<Tensor, Tensor, Tensor> term)[] terms)
        : base(torch.nn.Reduction.Mean)
    {
        ArgumentNullException.ThrowIfNull(terms);
        if (terms.Length == 0)
            throw new ArgumentException("A compound loss needs at least one term.", nameof(terms));
        losses = [.. terms.Select(term => term.term)];
        LossRecipe[] recipes = [.. losses.Select(RecipeOf)];
        if (recipes.Any(one => one.IgnoreIndex != recipes[0].IgnoreIndex))
            throw new ArgumentException("The terms of a compound loss share one pass and must agree in ignore_index.", nameof(terms));
        CompoundTerm[] scaled =
            [.. terms.Zip(recipes, (term, one) => one.Terms.Select(inner => inner with { Factor = Finite(term.weight) * inner.Factor })).SelectMany(inner => inner)];
        if (scaled.Any(term => term.Options.Unreduced || term.Definition.Reduction == ScalarReduction.None))
            throw new ArgumentException("The terms of a compound loss must be reduced: their values are of different shapes.", nameof(terms));
        recipe = new LossRecipe(scaled, recipes[0].IgnoreIndex, FastFormOf(scaled));
    }

    /// <summary>Computes the loss.</summary>
    /// <param name="logits">As in <see cref="FusedLossModule.forward(Tensor, Tensor)"/>.</param>
    /// <param name="target">Likewise.</param>
    /// <returns>Likewise.</returns>
    /// <exception cref="ArgumentException">Likewise.</exception>
#pragma warning disable CA1725 // The base class calls them input1 and input2, which tells a caller nothing.
    public override Tensor forward(Tensor logits, Tensor target) => Usable().Of(logits, target);
#pragma warning restore CA1725

    /// <summary>Computes the loss of the voxels that a mask selects or weighs; see <see cref="FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</summary>
    /// <inheritdoc cref="FusedLossModule.forward(Tensor, Tensor, Tensor)" path="/param"/>
    public Tensor forward(Tensor logits, Tensor target, Tensor mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        return Usable().Of(logits, target, mask);
    }

    /// <summary>Computes the loss of a whole of which these logits are a part; see
    /// <see cref="FusedLossModule.forward(Tensor, Tensor, nn.OverlapStatistics, Tensor?)"/>.</summary>
    /// <inheritdoc cref="FusedLossModule.forward(Tensor, Tensor, nn.OverlapStatistics, Tensor?)" path="/param"/>
    public Tensor forward(Tensor logits, Tensor target, nn.OverlapStatistics other_statistics, Tensor? mask = null)
    {
        ArgumentNullException.ThrowIfNull(other_statistics);
        return Usable().Of(logits, target, mask, LossOutput.Value, other_statistics);
    }

    /// <summary>The sums that all terms are functions of, where they share one set of them; see <see cref="FusedLossModule.statistics"/>.</summary>
    /// <exception cref="NotSupportedException">They do not, or a term looks for the largest voxels.</exception>
    /// <inheritdoc cref="FusedLossModule.statistics" path="/param"/>
    public nn.OverlapStatistics statistics(Tensor logits, Tensor target, Tensor? mask = null)
    {
        if (recipe.Terms.Any(term => term.Options.TopPercent is not null))
            throw new NotSupportedException("A loss of single voxels is no function of sums.");
        using var all = Usable().Of(logits, target, mask, LossOutput.Statistics);
        return nn.OverlapStatistics.From(all, recipe.Terms.Any(term => term.Definition.Overlap.SquaredPrediction != 0));
    }

    /// <summary>Computes the loss, and soft and hard Dice; see <see cref="FusedLossModule.forward_with_metrics"/>. They are of the first term's
    /// activation.</summary>
    /// <inheritdoc cref="FusedLossModule.forward_with_metrics" path="/param"/>
    public (Tensor loss, nn.OverlapMetrics metrics) forward_with_metrics(Tensor logits, Tensor target, Tensor? mask = null)
    {
        LossInputs.CheckUsable(logits, nameof(logits));
        LossInputs.CheckUsable(target, nameof(target));
        return GeneralLoss.WithMetrics(Usable(), logits, target, mask);
    }

    /// <summary>Disposes the terms.</summary>
    /// <param name="disposing">Whether it is disposed, and not finalized.</param>
    protected override void Dispose(bool disposing)
    {
        isDisposed = true;
        if (disposing)
        {
            recipe.Dispose();
            foreach (var loss in losses)
                loss.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>How the sum is computed, by a module that is still in use, as are all of its terms.</summary>
    internal LossRecipe Usable()
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        foreach (var loss in losses)
            RecipeOf(loss);
        return recipe;
    }

    /// <summary>A term's recipe. That of a sum has several terms, which become terms of this one.</summary>
    private static LossRecipe RecipeOf(Loss<Tensor, Tensor, Tensor> term) => term switch
    {
        FusedLossModule fused => fused.Usable(),
        CompoundLoss compound => compound.Usable(),
        _ => throw new ArgumentException(
            $"Terms must be losses of GpuLoss.nn that are functions of the shared sums, not {term?.GetType().Name ?? "null"}.", nameof(term)),
    };

    /// <summary>What the fast passes have to sum for all terms, if one set of sums serves them all.</summary>
    private static FastForm? FastFormOf(CompoundTerm[] terms)
    {
        var overlaps = terms.Where(term => term.Definition.Overlap.Combination != OverlapCombination.None).ToArray();
        var crossEntropies = terms.Where(term => term.Definition.HasCrossEntropy).ToArray();
        if (terms.Any(term => !term.Options.IsPlain)
            || overlaps.Any(term => term.Definition.Overlap.SquaredPrediction != overlaps[0].Definition.Overlap.SquaredPrediction)
            || crossEntropies.Any(term =>
                term.Definition.FocalGamma != crossEntropies[0].Definition.FocalGamma || !term.Weights.Equal(crossEntropies[0].Weights)))
        {
            return null;
        }

        var sums = new LossDefinition
        {
            Overlap = overlaps.Length > 0 ? overlaps[0].Definition.Overlap : default,
            CrossEntropyScale = crossEntropies.Length > 0 ? 1 : 0,
            FocalGamma = crossEntropies.Length > 0 ? crossEntropies[0].Definition.FocalGamma : 0,
        };
        return new FastForm(sums, crossEntropies.Length > 0 ? crossEntropies[0].Weights : ClassWeights.Ones, terms);
    }

    private static double Finite(double weight) => float.IsFinite((float)weight)
        ? weight
        : throw new ArgumentException($"The weight of a term must be a finite number of float32, not {weight}.", nameof(weight));
}
