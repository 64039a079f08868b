using System.Globalization;
using GpuLoss.Cli.Comparing;
using GpuLoss.Cli.Comparing.Measures;

namespace GpuLoss.Cli.Tests.Comparing;

/// <summary>The sentences say what the numbers do, and no more.</summary>
public class ConclusionTests
{
    [Fact]
    public void A_difference_that_holds_is_said_with_its_interval_first_and_an_absent_class_is_not_compared()
    {
        var text = Sentences((loss, seed) => (loss == "ce" ? 50 : 80) + seed);
        double[] differences =
            [.. Enumerable.Range(1, 3).Select(seed => SyntheticComparison.Dice(80 + seed) - SyntheticComparison.Dice(50 + seed))];
        var mean = differences.Average();
        var half = 4.302652729911275 * Math.Sqrt(
            differences.Sum(d => (d - mean) * (d - mean)) / 2 / 3); // t of two degrees of freedom, 97.5 %
        Assert.Contains("with 3 seeds and equal steps, 10 a run", text, StringComparison.Ordinal);
        var said = string.Create(
            CultureInfo.InvariantCulture, $"better ({mean - half:+0.00} to {mean + half:+0.00}, mean {mean:+0.00} Dice; p ");
        Assert.StartsWith($"Is Dice better than cross-entropy here? kidney: {said}", text, StringComparison.Ordinal);
        Assert.Contains($"; against it dice {said}", text, StringComparison.Ordinal);
        Assert.Contains("cyst: cannot tell (neither was ever found)", text, StringComparison.Ordinal);
        Assert.Contains("no loss found cyst: Dice stayed at 0 in every run", text, StringComparison.Ordinal);
        Assert.DoesNotContain("partial", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_difference_that_one_seed_turns_round_is_none_and_what_three_seeds_cannot_tell_is_said()
    {
        var text = Sentences((loss, seed) => loss == "ce" ? 60 : seed == 2 ? 55 : 80);
        int[] counts = [80, 55, 80];
        double[] differences = [.. counts.Select(found => SyntheticComparison.Dice(found) - SyntheticComparison.Dice(60))];
        var deviation = Math.Sqrt(differences.Sum(d => (d - differences.Average()) * (d - differences.Average())) / 2);

        // Three comparisons: p has to be below 0.05 / 3. With two degrees of freedom t = (1 - p)·√(2 / (p·(2 - p))).
        var p = 0.05 / 3;
        var told = (1 - p) * Math.Sqrt(2 / (p * (2 - p))) * deviation / Math.Sqrt(3);
        Assert.Contains(string.Create(
            CultureInfo.InvariantCulture, $"3 seeds with this spread cannot tell less than {told:F2} Dice apart"), text,
                StringComparison.Ordinal);
        Assert.DoesNotContain("any two Dice", text, StringComparison.Ordinal);
        Assert.Contains("kidney: cannot tell (", text, StringComparison.Ordinal);
        Assert.DoesNotContain(": better", text, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "seeds with this spread", Sentences((loss, seed) => loss == "ce" ? 60 : 55 + seed * 7 % 11, seeds: 5),
            StringComparison.Ordinal);
    }

    /// <summary>A difference of 2.83 was said not to be told apart.</summary>
    [Fact]
    public void Of_a_spread_beyond_all_Dice_no_number_is_said() => Assert.Contains(
        "3 seeds with this spread cannot tell any two Dice apart",
        Sentences((loss, seed) => loss == "ce" ? 50 : seed == 2 ? 2 : 98), StringComparison.Ordinal);

    [Fact]
    public void One_seed_gives_no_spread()
    {
        var text = Sentences((loss, _) => loss == "ce" ? 60 : 90, seeds: 1);
        Assert.Contains("with 1 seed ", text, StringComparison.Ordinal);
        Assert.Contains("with one seed, of which no spread is known", text, StringComparison.Ordinal);
        Assert.DoesNotContain("better (", text, StringComparison.Ordinal);
        Assert.DoesNotContain("±", text, StringComparison.Ordinal);
    }

    /// <summary>Colin 27: Dice lost to cross-entropy on cortex with all three seeds, and the page said "no clear difference" as another
    /// loss was best.</summary>
    [Fact]
    public void The_question_about_Dice_is_answered_whichever_loss_is_highest()
    {
        var analysis = SyntheticComparison.Measured(["ce", "gdl", "dice"], ["cortex"], 3, 1, (loss, seed, _, _) => loss switch
        {
            "ce" => 0.88 + 0.01 * seed,
            "dice" => 0.80 + 0.011 * seed,
            _ => 0.95 - 0.03 * (seed % 2),
        });
        var text = string.Join('\n', Conclusion.Of(analysis));
        Assert.StartsWith("Is Dice better than cross-entropy here? cortex: worse (", text, StringComparison.Ordinal);
        Assert.Contains("; against it gdl cannot tell", text, StringComparison.Ordinal);
        Assert.Contains("; dice worse (", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dice,ce",
        "Is Dice better than cross-entropy here? cortex: better (")] // the reference is Dice: the same question, from the other side
    [InlineData("gdl,ce,dice", "Is Dice better than cross-entropy here? cortex: better (")] // neither is the reference
    [InlineData("gdl,ce", "Is cross-entropy better than gdl here? cortex: cannot tell (")]
    [InlineData("gdl", "On other 0")]
    public void The_question_does_not_depend_on_the_order_of_the_losses(string losses, string begin)
    {
        var analysis = SyntheticComparison.Measured(
            losses.Split(','), ["cortex"], 5, 1, (loss, seed, _, _) =>
                loss == "dice" ? 0.9 + 0.001 * (seed % 3) : 0.5 + 0.01 * seed * (loss == "gdl" ? seed % 2 : 1));
        Assert.StartsWith(begin, Conclusion.Of(analysis)[0].Replace("On scan and other 0", "On other 0", StringComparison.Ordinal),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Why_is_drawn_from_the_gradient_shares_of_the_same_runs()
    {
        double[] voxelsCeDice = [0.99, 0.01, 0.9, 0.1, 0.6, 0.4];
        var analysis = SyntheticComparison.Measured(["ce", "dice"], ["lesion"], 3, 1, (_, seed, _, _) => 0.5 + 0.01 * seed, voxelsCeDice);
        Assert.Equal(
            "Why: of the gradient, Dice gave lesion (1.0 % of the voxels) 40.0 % where cross-entropy gave it 10.0 %, "
            + "and background (99.0 %) 60.0 % where cross-entropy gave 90.0 %, at the logits of the training with ce.",
            Answer.Of(analysis)!.Why);
        Assert.Null(Answer.Of(SyntheticComparison.Measured(["ce", "gdl"], ["lesion"], 3, 1, (_, _, _, _) => 0.5, voxelsCeDice))!.Why);
        Assert.Contains("do not explain", Sentences((_, seed) => 50 + seed), StringComparison.Ordinal);
    }

    [Fact]
    public void Several_volumes_have_an_interval_of_their_own_and_what_it_speaks_of_is_said()
    {
        // The mean over the volumes is ahead with every seed; but one volume alone makes it.
        var analysis = SyntheticComparison.Measured(
            ["ce", "dice"], ["cortex"], 3, 4, (loss, seed, volume, _) =>
                loss == "ce" ? 0.5 : 0.5 + (volume == 0 ? 0.4 : -0.01) + 0.001 * seed);
        var finding = analysis.Findings[0];
        Assert.Equal(Verdict.Better, finding.Verdict);
        Assert.InRange(finding.Paired.Difference.Mean, 0.0944, 0.0946);
        Assert.Equal(-0.008, finding.OverVolumes!.Value.Low, 9); // all four resampled volumes are those that lose: (3/4)⁴ of the samples
        Assert.InRange(finding.OverVolumes.Value.High, 0.2, 0.41);
        var text = string.Join('\n', Conclusion.Of(analysis));
        Assert.Contains("over volumes -0.01 to +0.", text, StringComparison.Ordinal);
        Assert.Contains("speak of other trainings on these volumes", text, StringComparison.Ordinal);
        Assert.Contains("speak of other volumes like these, though of 4 volumes they come out too narrow", text, StringComparison.Ordinal);
        Assert.Null(SyntheticComparison.Measured(["ce", "dice"], ["cortex"], 3, 1, (_, seed, _, _) => seed).Findings[0].OverVolumes);
    }

    [Fact]
    public void What_is_missing_is_said()
    {
        Assert.Contains("3 of 6 runs are finished", Sentences((loss, seed) => seed <= (loss == "ce" ? 2 : 1) ? 50 : null),
            StringComparison.Ordinal);
        Assert.Contains("No run is finished", Sentences((_, _) => null), StringComparison.Ordinal);
        Assert.Contains("ce has no finished run to compare with", Sentences((loss, _) => loss == "ce" ? null : 50),
            StringComparison.Ordinal);
        Assert.Contains("no seed with which both have a Dice", Sentences((loss, seed) => seed == (loss == "ce" ? 1 : 2) ? 50 : null),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_class_that_one_loss_never_finds_is_said()
    {
        Assert.Contains("Not found at all with dice.", Sentences((loss, _) => loss == "ce" ? 50 : 0), StringComparison.Ordinal);
    }

    [Fact]
    public void Milestones_are_those_of_the_first_checkpoint_that_reaches_them()
    {
        var analysis = SyntheticComparison.Of(("kidney", "cyst"), "scan", ["ce"], (_, _) => 10);
        Assert.Equal(new TimeToDice(3, 3, new Spread(5, 0, 3, 0), new Spread(10, 0, 3, 0)),
            analysis.Until("ce", 0.25)); // foreground: 0.6 and 0
        Assert.Equal(10, analysis.Until("ce", 0.5).Steps.Mean); // 1 and 0.2
        Assert.Equal(0, analysis.Until("ce", 0.75).Reached);
    }

    private static string Sentences(Func<string, int, int?> found, int seeds = 3) =>
        string.Join('\n', Conclusion.Of(SyntheticComparison.Of(("kidney", "cyst"), "scan", ["ce", "dice"], found, seeds)));
}
