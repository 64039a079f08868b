using System.Text.Json;
using GpuLoss.Cli.Comparing;
using GpuLoss.Cli.Comparing.Measures;
using GpuLoss.Cli.Comparing.Report;
using GpuLoss.Cli.Training;

namespace GpuLoss.Cli.Tests.Comparing;

/// <summary>A run that meets a number that is not finite is marked everywhere, averaged with nothing, and does not end the
/// comparison.</summary>
public sealed class DivergedRunTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("gpuloss-diverged-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void It_is_in_no_mean_and_in_no_comparison()
    {
        // Dice of 40 / 70 with two seeds; the third would have 0.
        var whole = SyntheticComparison.Of(("kidney", "cyst"), "made", ["ce", "dice"], (loss, seed) =>
            loss == "ce" ? 20 : seed == 2 ? 0 : 40);
        var failure = new TrainingFailure(4, "loss", double.NaN, "dice", 2, 1e-3);
        var runs = whole.State.Runs.ConvertAll(run => run is { Loss: "dice", Seed: 2 } ? run with { Failure = failure } : run);
        var analysis = new Analysis(whole.Split, whole.Settings, whole.State with { Runs = runs });

        Assert.Equal(("dice", 2), analysis.Diverged.Select(run => (run.Loss, run.Seed)).Single());
        Assert.Equal(SyntheticComparison.Dice(40), analysis.Over("dice", run => run.Classes[1].Dice).Mean, 12);
        Assert.Equal(2, analysis.RunsOf("dice").Count());
        Assert.Equal(2, analysis.Findings.First(finding => finding.On.Class == 1).Paired.Differences.Count);
        Assert.Equal(
            "dice diverged with seed 2: The training failed at step 4: the loss is not finite (loss dice = NaN, seed 2, "
            + "learning rate 0.001). This run is in no mean, figure or comparison.",
            Conclusion.Of(analysis)[0]);
        foreach (var plot in new[] { ComparisonCharts.FinalDice(analysis), ComparisonCharts.DiceOverTraining(analysis, 1),
            ComparisonCharts.TrainingLoss(analysis) })
        {
            Assert.EndsWith(" (diverged and left out: dice seed 2)", plot.Axes.Title.Label.Text, StringComparison.Ordinal);
            plot.Dispose();
        }

        Assert.DoesNotContain(Conclusion.Of(analysis), sentence => sentence.Contains("partial result", StringComparison.Ordinal));
    }

    [Fact]
    public void The_command_marks_it_and_goes_on()
    {
        string[] command =
        [
            "compare", "--losses", "ce,nan-from-step-2", "--seeds", "2", "--steps", "3", "--spacing", "6", "--patch", "16", "--budget",
            "none", "--checkpoints", "1", "--out", folder,
        ];
        var (exitCode, output, error) = Cli.RunWithFaults("", command);
        Assert.Equal((0, ""), (exitCode, error));
        const string All = "(diverged and left out: nan-from-step-2 seed 1, nan-from-step-2 seed 2)";
        Assert.Contains("nan-from-step-2, seed 1: diverged at step 2, the loss not finite, 2 of 4 runs", output, StringComparison.Ordinal);
        Assert.Contains("ce, seed 2: done, 3 of 4 runs", output, StringComparison.Ordinal);
        Assert.Contains("nan-from-step-2 diverged with seed 2: The training failed at step 2", output, StringComparison.Ordinal);

        var page = File.ReadAllText(Path.Combine(folder, "report.html"));
        Assert.Contains($"<caption>cortex {All}</caption>", page, StringComparison.Ordinal);
        Assert.Contains($"<caption>Differences of Dice, paired by seed {All}</caption>", page, StringComparison.Ordinal);
        using var summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "comparison.json")));
        Assert.Equal(2, summary.RootElement.GetProperty("diverged").GetArrayLength());
        Assert.Equal(2, summary.RootElement.GetProperty("runs").GetArrayLength());

        var (resumed, again, _) = Cli.RunWithFaults("", [.. command, "--resume"]);
        Assert.Equal(0, resumed);
        Assert.Contains("4 runs, 4 of them done before", again, StringComparison.Ordinal);
        Assert.DoesNotContain("seed 1, step", again, StringComparison.Ordinal);
    }
}
