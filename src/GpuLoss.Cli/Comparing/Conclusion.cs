using System.Globalization;
using GpuLoss.Cli.Comparing.Measures;

namespace GpuLoss.Cli.Comparing;

/// <summary>
/// What the numbers say, in sentences. A loss is called better or worse only where its p holds after the correction for everything that is
/// compared; where no loss finds a class at all there is nothing to compare.
/// </summary>
internal static class Conclusion
{
    /// <summary>Below this Dice a class counts as not found.</summary>
    public const double NotFound = 0.005;

    private const int FewVolumes = 10;

    /// <summary>The sentences, the answer first.</summary>
    public static IReadOnlyList<string> Of(Analysis analysis)
    {
        if (analysis.Runs.Count == 0)
            return [.. Diverged(analysis), "No run is finished: there is nothing to conclude."];
        var sentences = Diverged(analysis).ToList();
        if (Answer.Of(analysis) is { } answer)
            sentences.AddRange(answer.Why is { } why ? [answer.Line, why] : [answer.Line]);
        sentences.AddRange(Details(analysis));
        return sentences;
    }

    /// <summary>A sentence for every run that diverged.</summary>
    public static IEnumerable<string> Diverged(Analysis analysis) => analysis.Diverged.Select(run =>
        $"{run.Loss} diverged with seed {run.Seed}: {run.Failure} This run is in no mean, figure or comparison.");

    /// <summary>Everything below the answer.</summary>
    public static IReadOnlyList<string> Details(Analysis analysis)
    {
        var seeds = analysis.Runs.Select(run => run.Run.Seed).Distinct().Count();
        var sentences = new List<string>
        {
            $"On {Data(analysis)}, with {Wording.Count(seeds, "seed")} and {analysis.State.Length.Explanation}; "
            + $"differences are of Dice, with 95 % t intervals over seeds, "
            + $"and p after Holm over {Wording.Count(analysis.Findings.Count, "comparison")}:",
        };
        sentences.AddRange(Judged.All(analysis.Split.ClassNames).Select(on => Sentence(analysis, on)));
        if (analysis.Runs.Count + analysis.Diverged.Count < analysis.Settings.Losses.Count * analysis.Settings.Seeds)
            sentences.Add($"{analysis.Runs.Count + analysis.Diverged.Count} of {analysis.Settings.Losses.Count * analysis.Settings.Seeds} "
                + "runs are finished; this is a partial result.");
        sentences.Add(Reach(analysis.Split));
        return sentences;
    }

    /// <summary>Whether any run found a class.</summary>
    public static bool IsFound(Analysis analysis, int c) => analysis.Runs.Any(run => run.Classes[c].Dice >= NotFound);

    /// <summary>What the intervals generalise to.</summary>
    public static string Reach(DataSplit split)
    {
        var volumes = split.Validation.Count;
        if (volumes == 1)
        {
            var data = split.Training[0].Source == split.Validation[0].Source
                ? "Training and validation are parts of one volume"
                : "Validation has 1 volume";
            return $"{data}: the intervals are over seeds and speak of other trainings on these data; "
                + "how the losses do on other volumes is not known from this.";
        }

        return $"Validation has {volumes} volumes: the t intervals are over seeds, of the mean over the volumes, "
            + "and speak of other trainings on these volumes; "
            + "those over volumes are bootstrapped, of the mean over the seeds, and speak of other volumes like these"
            + (volumes < FewVolumes ? $", though of {volumes} volumes they come out too narrow." : ".");
    }

    private static string Sentence(Analysis analysis, Judged on)
    {
        if (on.Class is { } absent && !analysis.Split.Validates(absent))
            return $"{on.Name}: no validation volume has it, so that nothing can be compared.";
        if (on.Class is { } c && !IsFound(analysis, c))
            return $"no loss found {on.Name}: Dice stayed at 0 in every run, so that nothing can be compared.";
        if (!analysis.Losses.Contains(analysis.Reference))
        {
            return $"{on.Name}: {string.Join(", ", analysis.Losses.Select(loss => $"{loss} {Show(Level(analysis, loss, on))}"))}; "
                + $"{analysis.Reference} has no finished run to compare with.";
        }

        var findings = analysis.Findings.Where(finding => finding.On == on && finding.Against == analysis.Reference).ToList();
        var text = $"{on.Name}: {analysis.Reference} came to Dice {Show(Level(analysis, analysis.Reference, on))}"
            + (findings.Count > 0
                ? "; against it " + string.Join("; ", findings.Select(finding => $"{finding.Loss} {Wording.Of(finding)}")) : "") + ".";
        var lost = on.Class is { } own
            ? analysis.Losses.Where(loss => analysis.RunsOf(loss).All(run => !(run.Classes[own].Dice >= NotFound))).ToList()
            : [];
        return lost.Count > 0 ? $"{text} Not found at all with {string.Join(", ", lost)}." : text;
    }

    private static Spread Level(Analysis analysis, string loss, Judged on) => analysis.Over(loss, run => on.Dice(run.Classes));

    private static string Data(Analysis analysis) =>
        string.Join(" and ", analysis.Split.Training.Concat(analysis.Split.Validation).Select(volume => volume.Source).Distinct());

    private static string Show(Spread spread) => spread.Interval is { } interval
        ? string.Create(CultureInfo.InvariantCulture,
            $"{spread.Mean:F2} ({Math.Max(0, interval.Low):F2} to {Math.Min(1, interval.High):F2})")
        : string.Create(CultureInfo.InvariantCulture, $"{spread.Mean:F2}");
}
