using GpuLoss.Autograd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Distributed;

/// <summary>
/// A batch whose samples are spread over ranks. The sums of all samples are gathered in the order of the ranks: they are then, to the bit,
/// those of one process with the whole batch, and so is all that is computed from them.
/// </summary>
internal sealed class BatchOverRanks(Communicator communicator) : IWhole
{
    /// <summary>Whether the other ranks have heard of this one.</summary>
    public bool HasJoined { get; private set; }

    /// <inheritdoc/>
    public PartOfWhole Join(SumsOfPart own)
    {
        HasJoined = true;
        var ranks = SumsOfRank.Exchange(communicator, own, parts: 1, failure: null);
        var first = SumsOfRank.Agreed(ranks, own.Shape.Classes, out var form);
        var stride = new StatisticsLayout(first).Stride;
        var samples = checked(ranks.Sum(rank => rank.Samples));
        var gathered = communicator.Gather<double>(own.Statistics, [.. ranks.Select(rank => checked(rank.Sums * rank.Samples * stride))]);

        // Each rank sends its sums one after another; of the whole, those of all samples are together.
        var all = new double[gathered.Length];
        for (var (rank, from, sample) = (0, 0, 0); rank < ranks.Length; sample += ranks[rank++].Samples)
        {
            var length = ranks[rank].Samples * stride;
            for (var sum = 0; sum < ranks[rank].Sums; sum++, from += length)
                gathered.AsSpan(from, length).CopyTo(all.AsSpan((sum * samples + sample) * stride));
        }

        return new(
            new(new LogitsShape(samples, first, own.Shape.Voxels), ranks.Take(communicator.rank).Sum(rank => rank.Samples)), form, all);
    }

    /// <summary>Tells the other ranks that this one has failed.</summary>
    /// <exception cref="FailedRankException">Always.</exception>
    public void Fail(Exception failure)
    {
        HasJoined = true;
        SumsOfRank.Exchange(communicator, default, parts: 1, failure);
    }
}
