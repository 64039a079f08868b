using GpuLoss.Autograd;
using GpuLoss.Kernels.Objective;
using GpuLoss.Modules;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Distributed;

/// <summary>
/// The loss of volumes that are cut in pieces, over steps of one process, over ranks, or both: it is that of the whole, and so are the
/// gradients. A first pass without a graph takes the sums of all parts, a second one their gradients.
/// </summary>
public sealed class LossOfParts
{
    private readonly LossTerms terms;
    private readonly Communicator communicator;

    /// <summary>Takes a loss that is a function of sums.</summary>
    /// <param name="criterion">The loss; not disposed here.</param>
    /// <param name="communicator">The ranks over which the parts are spread; null for this process alone.</param>
    /// <exception cref="NotSupportedException">The loss is no function of sums.</exception>
    public LossOfParts(FusedLossModule criterion, Communicator? communicator = null)
        : this(NotNull(criterion).Usable(), criterion.GetType().Name, communicator)
    {
    }

    /// <summary>Takes a sum of losses.</summary>
    /// <param name="criterion">The loss; not disposed here.</param>
    /// <param name="communicator">The ranks over which the parts are spread; null for this process alone.</param>
    /// <exception cref="NotSupportedException">A term is no function of sums.</exception>
    public LossOfParts(CompoundLoss criterion, Communicator? communicator = null)
        : this(NotNull(criterion).Usable(), criterion.GetType().Name, communicator)
    {
    }

    private LossOfParts(LossTerms terms, string name, Communicator? communicator)
    {
        (this.terms, this.communicator) = (terms, communicator ?? Communicator.single);
        if (terms.WhyNotOfParts is { } why)
            throw new NotSupportedException($"{name} cannot be taken of parts. {why}");
    }

    /// <summary>Computes the loss of the whole and runs backward through every part.</summary>
    /// <param name="parts">This rank's parts, in the order of the whole where ranks are too. Each computes the logits [N, C, *S] and the
    /// target of its part; N and C are the same for all, *S may differ. It is called twice, first without a graph, and must give the same
    /// logits again: no dropout, and batch normalisation in eval mode.</param>
    /// <returns>The loss of the whole, the same on all ranks, without a graph. Gradients have been added to the leaves of this rank; those
    /// of parameters add up over ranks to the gradient of the whole.</returns>
    /// <exception cref="ArgumentException">The parts are of different numbers of samples or classes.</exception>
    /// <exception cref="FailedRankException">The loss refused a part of a rank; all ranks throw it.</exception>
    public Tensor backward(IReadOnlyList<Func<(Tensor logits, Tensor target)>> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        var total = Total(parts);
        Tensor? value = null;
        foreach (var part in parts)
        {
            using var scope = torch.NewDisposeScope();
            var (logits, target) = part();
            var loss = terms.Of(logits, target, whole: new SumsOfAllParts(total));
            loss.backward();
            value ??= loss.detach().MoveToOuterDisposeScope();
        }

        return value ?? throw new ArgumentException("There must be one part or more on every rank.", nameof(parts));
    }

    private PartOfWhole Total(IReadOnlyList<Func<(Tensor logits, Tensor target)>> parts)
    {
        var sums = new SumsOfEachPart();
        Exception? failure = parts.Count == 0 ? new ArgumentException("There must be one part or more on every rank.", nameof(parts))
            : null;
        try
        {
            foreach (var part in parts)
            {
                using var scope = torch.NewDisposeScope();
                using var noGraph = torch.no_grad();
                var (logits, target) = part();
                terms.Of(logits, target, whole: sums);
            }
        }
#pragma warning disable CA1031 // Whatever it is, the other ranks are told, and all throw.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            failure = exception;
        }

        var own = sums.Parts.Count > 0 ? sums.Parts[0] : default;
        var ranks = SumsOfRank.Exchange(communicator, own, parts.Count, failure);
        var classes = SumsOfRank.Agreed(ranks, own.Shape.Classes, out var form);
        var other = Array.FindIndex(ranks, rank => rank.Samples != ranks[0].Samples);
        if (other >= 0)
            throw new FailedRankException(
                other, $"Rank {other} of {ranks.Length} has parts of {ranks[other].Samples} samples, and rank 0 of {ranks[0].Samples}.");

        var all = communicator.Gather<double>(
            sums.Parts.SelectMany(part => part.Statistics).ToArray(),
            [.. ranks.Select(rank => checked(rank.Parts * own.Statistics.Length))]);
        var total = new double[own.Statistics.Length];
        for (var i = 0; i < all.Length; i++)
            total[i % total.Length] += all[i];
        return new(new(own.Shape with { Classes = classes }, 0), form, total);
    }

    private static T NotNull<T>(T criterion)
    {
        ArgumentNullException.ThrowIfNull(criterion);
        return criterion;
    }

    private sealed class SumsOfEachPart : IWhole
    {
        public List<SumsOfPart> Parts { get; } = [];

        public PartOfWhole Join(SumsOfPart own)
        {
            if (Parts.Count > 0 && ((Parts[0].Shape with { Voxels = 0 }) != (own.Shape with { Voxels = 0 }) || Parts[0].Form != own.Form))
            {
                throw new ArgumentException(
                    "parts must be of the same samples, classes and kinds of target and mask: "
                    + $"part {Parts.Count} has [{own.Shape.Samples}, {own.Shape.Classes}, *S] "
                    + $"and part 0 [{Parts[0].Shape.Samples}, {Parts[0].Shape.Classes}, *S].",
                    nameof(own));
            }

            Parts.Add(own);
            return new(new(own.Shape, 0), own.Form, own.Statistics);
        }
    }

    private sealed class SumsOfAllParts(PartOfWhole total) : IWhole
    {
        public PartOfWhole Join(SumsOfPart own) => total;
    }
}
