using GpuLoss.Autograd;

namespace GpuLoss.Distributed;

/// <summary>What a rank says of its sums before it sends them.</summary>
/// <param name="Parts">How many sets of them.</param>
/// <param name="Samples">N.</param>
/// <param name="Classes">C.</param>
/// <param name="Sums">How many sums.</param>
/// <param name="IsDense">Whether the target has a number for every class.</param>
internal readonly record struct SumsOfRank(int Parts, int Samples, int Classes, int Sums, bool IsDense)
{
    private bool HasAny => Parts > 0 && Samples > 0;

    /// <summary>What all ranks say.</summary>
    /// <exception cref="FailedRankException">One has failed.</exception>
    public static SumsOfRank[] Exchange(Communicator communicator, SumsOfPart own, int parts, Exception? failure) =>
    [
        .. RankAgreement.Exchange(
            communicator,
            [parts, own.Shape.Samples, own.Shape.Classes, own.Form.Sums, own.Form.IsDense ? 1 : 0], failure)
            .Select(row => new SumsOfRank((int)row[0], (int)row[1], (int)row[2], (int)row[3], row[4] != 0)),
    ];

    /// <summary>The number of classes and the form of the sums, which must be the same on all ranks that have any.</summary>
    /// <exception cref="FailedRankException">They are not.</exception>
    public static int Agreed(SumsOfRank[] ranks, int ownClasses, out SumsForm form)
    {
        var first = Array.FindIndex(ranks, rank => rank.HasAny);
        form = default;
        if (first < 0)
            return ownClasses;
        var model = ranks[first];
        var other = Array.FindIndex(ranks, rank => rank.HasAny && rank with { Parts = model.Parts, Samples = model.Samples } != model);
        if (other >= 0)
        {
            throw new FailedRankException(
                other,
                $"Rank {other} of {ranks.Length} has {ranks[other].Show()} and rank {first} {model.Show()}: "
                + "all ranks must call the same loss with logits, targets and masks of the same kinds.");
        }

        form = new SumsForm(model.Sums, model.IsDense);
        return model.Classes;
    }

    private string Show() =>
        $"{Classes} classes and {(IsDense ? "a number for every class" : "class indices")}";
}
