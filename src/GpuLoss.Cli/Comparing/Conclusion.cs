using System.Globalization;
using GpuLoss.Cli.Comparing.Measures;

namespace GpuLoss.Cli.Comparing;

/// <summary>
/// What the numbers say, in sentences. A loss is called ahead only where it is with every seed and by more, on average, than the spread between seeds;
/// where no loss finds a class at all there is nothing to compare.
/// </summary>
internal static class Conclusion
{
    /// <summary>Below this Dice a class counts as not found.</summary>
    public const double NotFound = 0.005;

    /// <summary>The sentences.</summary>
    public static IReadOnlyList<string> Of(Analysis analysis)
    {
        if (analysis.Runs.Count == 0)
            return ["No run is finished: there is nothing to conclude."];
        var seeds = analysis.Runs.Select(run => run.Run.Seed).Distinct().Count();
        var sentences = new List<string>
        {
            string.Create(CultureInfo.InvariantCulture, $"On {Data(analysis)}, with {Count(seeds, "seed")} and {analysis.State.Length.Explanation}:"),
        };
        sentences.AddRange(analysis.Foreground.Select(c => OfClass(analysis, c)));
        if (analysis.Foreground.Any(c => IsFound(analysis, c)))
            sentences.Add(Sentence(analysis, "the mean over the foreground classes", run => run.ForegroundDice));
        if (analysis.Runs.Count < analysis.Settings.Losses.Count * analysis.Settings.Seeds)
            sentences.Add($"{analysis.Runs.Count} of {analysis.Settings.Losses.Count * analysis.Settings.Seeds} runs are finished; this is a partial result.");
        sentences.Add(analysis.Split.Validation.Count == 1 && analysis.Split.Training[0].Source == analysis.Split.Validation[0].Source
            ? "Training and validation are parts of one volume: how the losses do on other volumes is not known from this."
            : $"Validation has {Count(analysis.Split.Validation.Count, "volume")}; the spread is that between seeds and not that between volumes.");
        return sentences;
    }

    private static bool IsFound(Analysis analysis, int c) => analysis.Runs.Any(run => run.Classes[c].Dice >= NotFound);

    private static string OfClass(Analysis analysis, int c)
    {
        var name = analysis.Split.ClassNames[c];
        if (!IsFound(analysis, c))
            return $"no loss found {name}: Dice stayed at 0 in every run, so that nothing can be compared.";
        var lost = analysis.Losses.Where(loss => analysis.RunsOf(loss).All(run => run.Classes[c].Dice < NotFound)).ToList();
        return Sentence(analysis, name, run => run.Classes[c].Dice) + (lost.Count > 0 ? $" Not found at all with {string.Join(", ", lost)}." : "");
    }

    private static string Sentence(Analysis analysis, string what, Func<MeasuredRun, double> dice)
    {
        var best = analysis.Losses.MaxBy(loss => analysis.Over(loss, run => dice(run)).Mean)!;
        var top = Show(analysis.Over(best, run => dice(run)));
        if (!analysis.Losses.Contains(analysis.Reference))
            return $"{what}: {best} was highest with Dice {top}; {analysis.Reference} has no finished run to compare with.";
        if (best == analysis.Reference)
            return analysis.Losses.Count == 1 ? $"{what}: {best} came to Dice {top}." : AgainstOthers(analysis, what, dice, top);
        var paired = analysis.Paired(best, analysis.Reference, dice);
        if (paired.Differences.Count < 2)
            return $"{what}: {best} came to Dice {top} and {analysis.Reference} to {Show(analysis.Over(analysis.Reference, run => dice(run)))}; fewer than two common seeds, no spread is known.";
        return paired.IsConsistent
            ? $"{what}: {best} was ahead of {analysis.Reference} by {Show(paired.Difference)} Dice (n = {paired.Differences.Count}, {P(paired)}), at {top}."
            : $"{what}: no clear difference; {best} was highest with Dice {top}, {Signed(paired.Difference)} against {analysis.Reference} (n = {paired.Differences.Count}, {P(paired)}).";
    }

    private static string AgainstOthers(Analysis analysis, string what, Func<MeasuredRun, double> dice, string top)
    {
        var behind = analysis.Losses.Where(loss => loss != analysis.Reference && analysis.Paired(analysis.Reference, loss, dice).IsConsistent).ToList();
        return behind.Count > 0
            ? $"{what}: {analysis.Reference} was highest with Dice {top}, and ahead of {string.Join(", ", behind)} with every seed."
            : $"{what}: no clear difference; {analysis.Reference} was highest with Dice {top}.";
    }

    private static string Data(Analysis analysis) =>
        string.Join(" and ", analysis.Split.Training.Concat(analysis.Split.Validation).Select(volume => volume.Source).Distinct());

    private static string Count(int number, string what) => number == 1 ? $"1 {what}" : $"{number} {what}s";

    private static string Show(Spread spread) => spread.Count > 1
        ? string.Create(CultureInfo.InvariantCulture, $"{spread.Mean:F2} ± {spread.Deviation:F2}")
        : string.Create(CultureInfo.InvariantCulture, $"{spread.Mean:F2}");

    private static string Signed(Spread spread) => (spread.Mean < 0 ? "" : "+") + Show(spread);

    private static string P(PairedComparison paired) =>
        paired.ShownP is { } p ? $"paired t-test {p}" : "no p, all seeds differ by the same";
}
