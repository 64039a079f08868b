using GpuLoss.Cli.Benchmarking;
using GpuLoss.Cli.Tests.Training;

namespace GpuLoss.Cli.Tests;

/// <summary>Losses that a user puts together for <c>bench</c>.</summary>
[Collection(TorchsRandomNumbers.Name)]
public class ChosenLossTests
{
    private static readonly LogitsCase Case = new(Classes: 3, Side: 8);

    public static TheoryData<string, string> Parts => new(
        from part in ChosenLoss.Words
        from target in ChosenContest.Targets
        select (part, target));

    [Theory]
    [MemberData(nameof(Parts))]
    public void Every_part_is_the_same_loss_twice(string part, string target)
    {
        using var contest = new ChosenContest(Case, ChosenLoss.Parse(part)!, target);
        contest.Check();
    }

    [Theory]
    [InlineData("dice+bce+focal", true)]
    [InlineData("dice + ce + topk", false)]
    public void So_are_their_sums(string text, bool isSigmoid)
    {
        var loss = ChosenLoss.Parse(text)!;
        Assert.Equal((3, isSigmoid), (loss.Parts.Count, loss.IsSigmoid));
        foreach (var target in ChosenContest.Targets)
        {
            using var contest = new ChosenContest(Case, loss, target);
            contest.Check();
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("dice+")]
    [InlineData("dise")]
    [InlineData("dice+dice")]
    [InlineData("bce+ce")]
    [InlineData("topk+bce")]
    public void What_is_no_loss_is_none(string text) => Assert.Null(ChosenLoss.Parse(text));
}
