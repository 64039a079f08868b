using System.Globalization;
using GpuLoss.Cli.Comparing;
using GpuLoss.Cli.Comparing.Measures;

namespace GpuLoss.Cli.Tests.Comparing;

/// <summary>The sentences say what the numbers do, and no more.</summary>
public class ConclusionTests
{
    [Fact]
    public void Ahead_with_every_seed_is_said_with_its_numbers_and_an_absent_class_is_not_compared()
    {
        var text = Sentences((loss, seed) => (loss == "ce" ? 50 : 80) + seed);
        double[] differences = [.. Enumerable.Range(1, 3).Select(seed => SyntheticComparison.Dice(80 + seed) - SyntheticComparison.Dice(50 + seed))];
        var deviation = Math.Sqrt(differences.Sum(d => (d - differences.Average()) * (d - differences.Average())) / 2);
        Assert.Contains("with 3 seeds and equal steps, 10 a run", text, StringComparison.Ordinal);
        Assert.Contains(
            string.Create(CultureInfo.InvariantCulture, $"kidney: dice was ahead of ce by {differences.Average():F2} ± {deviation:F2} Dice (n = 3"),
            text, StringComparison.Ordinal);
        Assert.Contains("no loss found cyst: Dice stayed at 0 in every run", text, StringComparison.Ordinal);
        Assert.DoesNotContain("partial", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_difference_that_one_seed_turns_round_is_none()
    {
        var text = Sentences((loss, seed) => loss == "ce" ? 60 : seed == 2 ? 55 : 80);
        Assert.Contains("kidney: no clear difference; dice was highest", text, StringComparison.Ordinal);
        Assert.DoesNotContain("ahead", text, StringComparison.Ordinal);
    }

    [Fact]
    public void One_seed_gives_no_spread()
    {
        var text = Sentences((loss, _) => loss == "ce" ? 60 : 90, seeds: 1);
        Assert.Contains("with 1 seed ", text, StringComparison.Ordinal);
        Assert.Contains("no spread is known", text, StringComparison.Ordinal);
        Assert.DoesNotContain("ahead", text, StringComparison.Ordinal);
        Assert.DoesNotContain("±", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_reference_can_be_highest()
    {
        var text = Sentences((loss, seed) => loss == "ce" ? 90 + seed : 50);
        Assert.Contains("kidney: ce was highest with Dice", text, StringComparison.Ordinal);
        Assert.Contains("ahead of dice with every seed", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_missing_is_said()
    {
        Assert.Contains("3 of 6 runs are finished", Sentences((loss, seed) => seed <= (loss == "ce" ? 2 : 1) ? 50 : null), StringComparison.Ordinal);
        Assert.Contains("No run is finished", Sentences((_, _) => null), StringComparison.Ordinal);
        Assert.Contains("ce has no finished run to compare with", Sentences((loss, _) => loss == "ce" ? null : 50), StringComparison.Ordinal);
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
        Assert.Equal(new TimeToDice(3, 3, new Spread(5, 0, 3, 0), new Spread(10, 0, 3, 0)), analysis.Until("ce", 0.25)); // foreground: 0.6 and 0
        Assert.Equal(10, analysis.Until("ce", 0.5).Steps.Mean); // 1 and 0.2
        Assert.Equal(0, analysis.Until("ce", 0.75).Reached);
    }

    private static string Sentences(Func<string, int, int?> found, int seeds = 3) =>
        string.Join('\n', Conclusion.Of(SyntheticComparison.Of(("kidney", "cyst"), "scan", ["ce", "dice"], found, seeds)));
}
