using GpuLoss.Autograd;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>A weighted sum of losses that share one pass forward and one backward; see <see cref="nn.CompoundLoss"/>.</summary>
public class CompoundLoss : Loss<Tensor, Tensor, Tensor>
{
    private readonly IReadOnlyList<(double Weight, Loss<Tensor, Tensor, Tensor> Term)> terms;
    private readonly IReadOnlyList<(double Weight, ShapeLossModule Term)> shapes;
    private readonly LossTerms? sums;
    private readonly bool ownsTerms;
    private bool isDisposed;

    internal CompoundLoss((double weight, Loss<Tensor, Tensor, Tensor> term)[] terms)
        : this(terms, ownsTerms: true)
    {
    }

    private CompoundLoss((double weight, Loss<Tensor, Tensor, Tensor> term)[] terms, bool ownsTerms)
        : base(torch.nn.Reduction.Mean)
    {
        ArgumentNullException.ThrowIfNull(terms);
        if (terms.Length == 0)
            throw new ArgumentException("A compound loss needs at least one term.", nameof(terms));
        (this.terms, this.ownsTerms) = ([.. terms.Select(term => (Finite(term.weight), term.term))], ownsTerms);
        shapes = [.. this.terms.SelectMany(ShapesOf)];
        (double Weight, LossTerms Terms)[] inSums =
            [.. this.terms.Select(term => (term.Weight, Terms: SumsOf(term.Term))).Where(term => term.Terms is not null).Select(term =>
                (term.Weight, term.Terms!))];
        long[] ignored = [.. inSums.Select(one => one.Terms.IgnoreIndex), .. shapes.Select(shape => shape.Term.ignore_index)];
        if (ignored.Any(index => index != ignored[0]))
            throw new ArgumentException("The terms of a compound loss share one target and must agree in ignore_index.", nameof(terms));
        LossTerm[] scaled =
            [.. inSums.SelectMany(one => one.Terms.All.Select(inner => inner with { Factor = one.Weight * inner.Factor }))];
        if (scaled.Any(term => term.Options.Unreduced || term.Definition.Reduction == ScalarReduction.None)
            || shapes.Any(shape => shape.Term.reduction == torch.nn.Reduction.None))
        {
            throw new ArgumentException("The terms of a compound loss must be reduced: their values are of different shapes.",
                nameof(terms));
        }

        sums = scaled.Length == 0 ? null : new LossTerms(scaled, ignored[0]);
    }

    /// <summary>Computes the loss.</summary>
    /// <param name="logits">As in <see cref="FusedLossModule.forward(Tensor, Tensor)"/>.</param>
    /// <param name="target">Likewise.</param>
    /// <returns>Likewise.</returns>
    /// <exception cref="ArgumentException">Likewise.</exception>
#pragma warning disable CA1725 // The base class calls them input1 and input2, which tells a caller nothing.
    public override Tensor forward(Tensor logits, Tensor target) => Of(logits, target, mask: null);
#pragma warning restore CA1725

    /// <summary>Computes the loss of the voxels that a mask selects or weighs; see
    /// <see cref="FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</summary>
    /// <inheritdoc cref="FusedLossModule.forward(Tensor, Tensor, Tensor)" path="/param"/>
    public Tensor forward(Tensor logits, Tensor target, Tensor mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        return Of(logits, target, mask);
    }

    /// <summary>Computes the loss of a whole of which these logits are a part; see
    /// <see cref="FusedLossModule.forward(Tensor, Tensor, nn.OverlapStatistics, Tensor?)"/>.</summary>
    /// <inheritdoc cref="FusedLossModule.forward(Tensor, Tensor, nn.OverlapStatistics, Tensor?)" path="/param"/>
    public Tensor forward(Tensor logits, Tensor target, nn.OverlapStatistics other_statistics, Tensor? mask = null)
    {
        ArgumentNullException.ThrowIfNull(other_statistics);
        return Usable().Of(logits, target, mask, LossOutput.Loss, other_statistics);
    }

    /// <summary>The sums that all terms are functions of, where they share one set of them; see
    /// <see cref="FusedLossModule.statistics"/>.</summary>
    /// <exception cref="NotSupportedException">They do not, or a term looks for the largest voxels.</exception>
    /// <inheritdoc cref="FusedLossModule.statistics" path="/param"/>
    public nn.OverlapStatistics statistics(Tensor logits, Tensor target, Tensor? mask = null)
    {
        if (Usable().All.Any(term => term.Options.TopPercent is not null))
            throw new NotSupportedException("A loss of single voxels is no function of sums.");
        using var all = Usable().Of(logits, target, mask, LossOutput.Statistics);
        return nn.OverlapStatistics.From(all, Usable().All.Any(term => term.Definition.Overlap.SquaredPrediction != 0));
    }

    /// <summary>Computes the loss, and soft and hard Dice; see <see cref="FusedLossModule.forward_with_metrics"/>. They are of the first
    /// term's activation.</summary>
    /// <inheritdoc cref="FusedLossModule.forward_with_metrics" path="/param"/>
    public (Tensor loss, nn.OverlapMetrics metrics) forward_with_metrics(Tensor logits, Tensor target, Tensor? mask = null)
    {
        ThrowIfDisposed();
        if (sums is null)
            throw new NotSupportedException("Losses of shapes alone have no metrics: their passes make no sums of the voxels.");
        var (loss, metrics) = sums.WithMetrics(logits, target, mask);
        try
        {
            return (WithShapes(loss, logits, target, mask), metrics);
        }
        catch
        {
            metrics.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The same sum with another weight of one term, for weights that change during a training: the boundary loss is meant to be phased in,
    /// say. It shares the terms with this loss, which has to outlive it and disposes them: <c>using var now = criterion.with_weight(1,
    /// epoch * 0.01);</c>.
    /// </summary>
    /// <param name="term">Which term, in the order they were given.</param>
    /// <param name="weight">Its weight from now on, of any sign.</param>
    /// <returns>The other sum.</returns>
    /// <exception cref="ArgumentException">There is no such term, or the weight is no finite number of float32.</exception>
    public CompoundLoss with_weight(int term, double weight)
    {
        ThrowIfDisposed();
        if (term < 0 || term >= terms.Count)
            throw new ArgumentOutOfRangeException(nameof(term), term, $"term must be one of the {terms.Count}, 0 to {terms.Count - 1}.");
        Finite(weight);
        return new([.. terms.Select((one, i) => (i == term ? weight : one.Weight, one.Term))], ownsTerms: false);
    }

    /// <summary>Disposes the terms, if they are this loss's own.</summary>
    /// <param name="disposing">Whether it is disposed, and not finalized.</param>
    protected override void Dispose(bool disposing)
    {
        isDisposed = true;
        if (disposing)
        {
            sums?.Dispose();
            foreach (var (_, term) in terms.Where(_ => ownsTerms))
                term.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>How the sum is computed, by a module that is still in use, as are all of its terms.</summary>
    /// <exception cref="NotSupportedException">A term is a loss of shapes, which is no function of sums.</exception>
    internal LossTerms Usable()
    {
        ThrowIfDisposed();
        return shapes.Count == 0
            ? sums!
            : throw new NotSupportedException(
                $"This sum has a {shapes[0].Term.GetType().Name}, which is no function of sums over the voxels: ask the other terms.");
    }

    private void ThrowIfDisposed()
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        foreach (var (_, term) in terms)
            SumsOf(term);
    }

    private Tensor Of(Tensor logits, Tensor target, Tensor? mask)
    {
        ThrowIfDisposed();
        return WithShapes(sums?.Of(logits, target, mask), logits, target, mask);
    }

    /// <summary>Adds the losses of shapes to what has been summed.</summary>
    private Tensor WithShapes(Tensor? sum, Tensor logits, Tensor target, Tensor? mask)
    {
        if (shapes.Count == 0)
            return sum!;
        using var scope = torch.NewDisposeScope();
        using var first = sum;
        foreach (var (weight, term) in shapes)
        {
            var value = weight * (mask is null ? term.forward(logits, target) : term.forward(logits, target, mask));
            sum = sum is null ? value : sum + value;
        }

        return sum!.MoveToOuterDisposeScope();
    }

    /// <summary>The losses of shapes among the terms of a term.</summary>
    private static IEnumerable<(double Weight, ShapeLossModule Term)> ShapesOf((double Weight, Loss<Tensor, Tensor, Tensor> Term) term) =>
        term.Term switch
        {
            ShapeLossModule shape => [(term.Weight, shape)],
            CompoundLoss compound => compound.shapes.Select(inner => (term.Weight * inner.Weight, inner.Term)),
            _ => [],
        };

    /// <summary>The terms of a term, if it is a loss of sums; those of a sum become terms of this one.</summary>
    /// <exception cref="ObjectDisposedException">The term is not in use any more.</exception>
    private static LossTerms? SumsOf(Loss<Tensor, Tensor, Tensor> term)
    {
        switch (term)
        {
            case FusedLossModule fused:
                return fused.Usable();
            case CompoundLoss compound:
                compound.ThrowIfDisposed();
                return compound.sums;
            case ShapeLossModule shape:
                shape.ThrowIfDisposed();
                return null;
            default:
                throw new ArgumentException(
                    "Terms must be losses of GpuLoss.nn that are functions of the shared sums or losses of shapes, "
                    + $"not {term?.GetType().Name ?? "null"}.",
                    nameof(term));
        }
    }

    private static double Finite(double weight) => float.IsFinite((float)weight)
        ? weight
        : throw new ArgumentException($"The weight of a term must be a finite number of float32, not {weight}.", nameof(weight));
}
