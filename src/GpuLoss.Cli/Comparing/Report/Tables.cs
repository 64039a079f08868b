using System.Globalization;
using GpuLoss.Cli.Comparing.Explaining;
using GpuLoss.Cli.Comparing.Measures;

namespace GpuLoss.Cli.Comparing.Report;

/// <summary>The tables of a comparison.</summary>
internal static class Tables
{
    private static readonly double[] Milestones = [0.25, 0.5, 0.75];

    /// <summary>All measures of one class.</summary>
    public static string OfClass(Analysis analysis, int c) => Html.Table(
        analysis.Marked(analysis.Split.ClassNames[c]),
        ["loss", "runs", "Dice", "sensitivity", "precision", "volume error", "|volume error|", "95 % Hausdorff distance, mm"],
        analysis.Losses.Select(loss => new[]
        {
            loss,
            Whole(analysis.RunsOf(loss).Count()),
            Show(analysis.Over(loss, run => run.Classes[c].Dice)),
            Show(analysis.Over(loss, run => run.Classes[c].Sensitivity)),
            Show(analysis.Over(loss, run => run.Classes[c].Precision)),
            Show(analysis.Over(loss, run => run.Classes[c].VolumeError)),
            Show(analysis.Over(loss, run =>
                run.PerVolume.Average(volume => volume[c].VolumeError is { } error ? Math.Abs(error) : (double?)null))),
            Show(analysis.Over(loss, run => run.Classes[c].Hausdorff95), "F1"),
        }));

    /// <summary>Every comparison of two losses, paired by seed; the interval comes first.</summary>
    public static string Paired(Analysis analysis)
    {
        var hasVolumes = analysis.Findings.Any(finding => finding.OverVolumes != null);
        return Html.Table(
            analysis.Marked("Differences of Dice, paired by seed"),
            [
                "loss minus other", "class", "95 % interval over seeds",
                .. hasVolumes ? ["95 % interval over volumes"] : Array.Empty<string>(),
                "mean", "seeds n", "seeds ahead", "p, paired t-test", "p after Holm", "verdict",
            ],
            analysis.Findings.Select(finding => (IEnumerable<string>)
            [
                $"{finding.Loss} − {finding.Against}", finding.On.Name, finding.Paired.Difference.Interval?.ToString() ?? "–",
                .. hasVolumes ? [finding.OverVolumes?.ToString() ?? "–"] : Array.Empty<string>(),
                double.IsNaN(finding.Paired.Difference.Mean) ? "–"
                    : finding.Paired.Difference.Mean.ToString("F3", CultureInfo.InvariantCulture),
                Whole(finding.Paired.Differences.Count),
                $"{finding.Paired.Differences.Count(difference => difference > 0)} of {finding.Paired.Differences.Count}",
                finding.Paired.PValue is { } p ? StudentTest.Show(p) : "–",
                finding.Paired.PValue is null ? "–" : StudentTest.Show(finding.AdjustedP),
                Wording.Of(finding.Verdict),
            ]));
    }

    /// <summary>What 3, 5 and 10 seeds would tell apart, with the spread there is.</summary>
    public static string PowerOfSeeds(Analysis analysis)
    {
        int[] seeds = [3, 5, 10];
        double[] deviations =
            [.. analysis.Findings.Select(finding => finding.Paired.Difference.Deviation).Where(deviation => deviation > 0).Order()];
        var level = Holm.Level / Math.Max(1, analysis.Findings.Count);
        var median = deviations.Length > 0 ? SurfaceDistance.PercentileOf(deviations, 0.5) : double.NaN;
        string Row(double factor) => double.IsNaN(median)
            ? string.Create(CultureInfo.InvariantCulture, $"{factor:0} SD")
            : string.Create(CultureInfo.InvariantCulture, $"{factor:0} SD, here {factor * median:F2} Dice");
        return Html.Table(
            analysis.Marked($"How often a true difference is called one, of {Wording.Count(analysis.Findings.Count, "comparison")} "
                + "(SD: of the difference between seeds, the median of all comparisons)"),
            ["true difference", .. seeds.Select(number => $"{number} seeds")],
            new double[] { 1, 2, 4, 8 }.Select(factor =>
                (IEnumerable<string>)[Row(factor), .. seeds.Select(number => Percent(Power.Of(factor, number, level)))]));
    }

    /// <summary>How fast the losses got somewhere, and what they cost.</summary>
    public static string Speed(Analysis analysis) => Html.Table(
        analysis.Marked("Steps and seconds until the mean foreground Dice was first reached at a checkpoint"),
        [
            "loss", "learning rate", "steps", "seconds", "time in the loss",
            .. Milestones.Select(milestone => string.Create(CultureInfo.InvariantCulture, $"Dice {milestone:0.00}")),
        ],
        analysis.Losses.Select(loss => (IEnumerable<string>)
        [
            loss,
            string.Join(", ", analysis.RunsOf(loss).Select(run => run.Run.LearningRate.ToString("0.######", CultureInfo.InvariantCulture))
                .Distinct()),
            Show(analysis.Over(loss, run => run.Run.Steps), "F0"), Show(analysis.Over(loss, run => run.Run.Seconds), "F0"),
            Show(analysis.Over(loss, run => 100 * run.Run.LossSeconds / run.Run.Seconds), "F2") + " %",
            .. Milestones.Select(milestone => Reached(analysis.Until(loss, milestone))),
        ]));

    /// <summary>The gradient shares, the mean over the runs of the reference.</summary>
    public static string Shares(Analysis analysis)
    {
        var shares = analysis.RunsOf(analysis.Losses[0]).SelectMany(run => run.Run.Shares).ToList();
        return Html.Table(
            analysis.Marked($"Shares over the whole training with {analysis.Losses[0]}"),
            ["class", "voxels", "cross-entropy", "Dice, all classes", "Dice, foreground only"],
            analysis.Split.ClassNames.Select((name, c) => new[]
            {
                name, Percent(shares.Average(share => share.Voxels[c])), Percent(shares.Average(share => share.CrossEntropy[c])),
                Percent(shares.Average(share => share.Dice[c])), Percent(shares.Average(share => share.ForegroundDice[c])),
            }));
    }

    /// <summary>What the background does to a mean Dice.</summary>
    public static string Background(Analysis analysis) => Html.Table(
        "The same predictions, judged with and without the background",
        ["loss", "mean Dice, all classes", "mean Dice, foreground", "the background lifts it by"],
        analysis.Losses.Select(loss => new[]
        {
            loss, Show(analysis.Over(loss, AllDice)), Show(analysis.Over(loss, run => run.ForegroundDice)),
            Show(analysis.Over(loss, run => AllDice(run) - run.ForegroundDice)),
        }));

    /// <summary>Generalized Dice's weights.</summary>
    public static string Weights(Analysis analysis, IReadOnlyList<ClassWeightShare> weights) => Html.Table(
        "Weights 1 / volume² of the patches, as a part of their sum",
        ["class", "patches without it", "10th percentile", "median", "90th percentile"],
        weights.Select(weight => new[]
        {
            analysis.Split.ClassNames[weight.Class], Percent(weight.Absent), Small(weight.Low), Small(weight.Median), Small(weight.High),
        }));

    /// <summary>The mean and its 95 % interval over seeds as text; what is not defined is counted.</summary>
    public static string Show(Spread spread, string format = "F3")
    {
        var missing = spread.Missing > 0 ? $"{spread.Missing} of {spread.Missing + spread.Count} not predicted" : "";
        if (spread.Count == 0)
            return missing;
        string Number(double value) => value.ToString(format, CultureInfo.InvariantCulture);
        var mean = Number(spread.Mean);
        var text = spread.Interval is { } interval ? $"{mean} ({Number(interval.Low)}\u00A0to\u00A0{Number(interval.High)})" : mean;
        return missing.Length > 0 ? $"{text} ({missing})" : text;
    }

    private static double? AllDice(MeasuredRun run) => ClassMeasures.MeanDice(run.Classes.Select(measures => measures.Dice));

    private static string Reached(TimeToDice time) => time.Reached == 0
        ? $"0 of {time.Runs} runs"
        : string.Create(CultureInfo.InvariantCulture,
            $"{time.Steps.Mean:F0} steps, {time.Seconds.Mean:F0} s ({time.Reached} of {time.Runs} runs)");

    private static string Whole(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Percent(double part) => (100 * part).ToString("F1", CultureInfo.InvariantCulture) + " %";

    private static string Small(double value) => value.ToString(value < 1e-3 ? "0.0e-0" : "F3", CultureInfo.InvariantCulture);
}
