namespace GpuLoss.Cli.Comparing.Measures;

/// <summary>What a comparison of two losses comes to.</summary>
internal enum Verdict
{
    CannotTell,
    Better,
    Worse,
}

/// <summary>What a comparison judges: a class, or the mean over the foreground classes.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Class">The class, or null for the mean.</param>
internal sealed record Judged(string Name, int? Class)
{
    /// <summary>The foreground classes and their mean.</summary>
    public static IEnumerable<Judged> All(IReadOnlyList<string> classNames) =>
        classNames.Select((name, c) => new Judged(name, c)).Skip(1).Append(new Judged("foreground mean", null));

    /// <summary>Dice, from the measures of all classes; NaN where it is not defined.</summary>
    public double Dice(IReadOnlyList<ClassMeasures> measures) => Class is { } c
        ? measures[c].Dice
        : ClassMeasures.MeanDice(measures.Skip(1).Select(measure => measure.Dice));
}

/// <summary>One loss against another on one class or the mean.</summary>
/// <param name="Loss">The loss.</param>
/// <param name="Against">The other.</param>
/// <param name="On">What is judged.</param>
/// <param name="Paired">Dice of the loss minus that of the other, seed by seed.</param>
/// <param name="AdjustedP">p after Holm, over everything that is compared.</param>
/// <param name="Told">The smallest mean difference that would have been called one, with the spread there is; null without a test.</param>
/// <param name="OverVolumes">A 95 % bootstrap interval over the validation volumes; null where there is one volume.</param>
internal sealed record Finding(
    string Loss, string Against, Judged On, PairedComparison Paired, double AdjustedP, double? Told, Interval? OverVolumes)
{
    /// <summary>Only a p that holds after the correction makes a statement.</summary>
    public Verdict Verdict => AdjustedP >= Holm.Level ? Verdict.CannotTell : Paired.Difference.Mean > 0 ? Verdict.Better : Verdict.Worse;
}

/// <summary>Everything that a comparison compares.</summary>
internal static class Findings
{
    /// <summary>With fewer seeds nothing is called better or worse: the spread of two is one number.</summary>
    public const int FewestSeeds = 3;

    private const int Resamples = 2000;

    /// <summary>Cross-entropy and Dice, which the question on top of a report is about where both were trained.</summary>
    private static readonly (string Loss, string Against) Usual = ("dice", "ce");

    /// <summary>The two losses the question on top is about; null where there is one loss only.</summary>
    public static (string Loss, string Against)? Question(Analysis analysis) =>
        analysis.Losses.Contains(Usual.Loss) && analysis.Losses.Contains(Usual.Against) ? Usual
        : analysis.Losses.Contains(analysis.Reference) && analysis.Losses.Count > 1
            ? (analysis.Losses.First(loss => loss != analysis.Reference), analysis.Reference)
            : null;

    /// <summary>Every loss against the reference, and the two of the question, on every foreground class and the mean.</summary>
    public static IReadOnlyList<Finding> Of(Analysis analysis)
    {
        var pairs = analysis.Losses.Contains(analysis.Reference)
            ? analysis.Losses.Where(loss => loss != analysis.Reference).Select(loss => (Loss: loss, Against: analysis.Reference)).ToList()
            : [];
        if (Question(analysis) is { } question && !pairs.Contains(question) && !pairs.Contains((question.Against, question.Loss)))
            pairs.Add(question);
        var compared = pairs.SelectMany(pair => Judged.All(analysis.Split.ClassNames).Select(on => (pair.Loss, pair.Against, On: on,
            Paired: PairedComparison.Of(
                [.. Common(analysis, pair).Select(runs => on.Dice(runs.One.Classes) - on.Dice(runs.Two.Classes)).Where(double.IsFinite)]))))
            .ToList();
        var adjusted = Holm.Adjust([.. compared.Select(one => one.Paired.Differences.Count < FewestSeeds ? null : one.Paired.PValue)]);

        // What was not called a difference had to have a p below this.
        var level = Holm.Level / Math.Max(1, compared.Count - adjusted.Count(p => p < Holm.Level));
        return
        [
            .. compared.Select((one, i) => new Finding(
                one.Loss, one.Against, one.On, one.Paired, adjusted[i], one.Paired.Told(level),
                OverVolumes(analysis, (one.Loss, one.Against), one.On))),
        ];
    }

    /// <summary>The same finding seen from the other loss.</summary>
    public static Finding Turned(Finding finding) => finding with
    {
        Loss = finding.Against,
        Against = finding.Loss,
        Paired = PairedComparison.Of([.. finding.Paired.Differences.Select(difference => -difference)]),
        OverVolumes = finding.OverVolumes is { } interval ? new Interval(-interval.High, -interval.Low) : null,
    };

    /// <summary>The runs of two losses with the same seeds.</summary>
    private static IEnumerable<(MeasuredRun One, MeasuredRun Two)> Common(Analysis analysis, (string Loss, string Against) pair) =>
        analysis.RunsOf(pair.Loss).Join(analysis.RunsOf(pair.Against), run => run.Run.Seed, run => run.Run.Seed, (one, two) => (one, two));

    /// <summary>The percentile bootstrap over volumes of the difference, each volume's the mean over the seeds.</summary>
    private static Interval? OverVolumes(Analysis analysis, (string Loss, string Against) pair, Judged on)
    {
        var runs = Common(analysis, pair).ToList();
        if (runs.Count == 0)
            return null;
        double[] differences =
        [
            .. Enumerable.Range(0, analysis.Split.Validation.Count)
                .Select(volume => runs.Average(both => on.Dice(both.One.PerVolume[volume]) - on.Dice(both.Two.PerVolume[volume])))
                .Where(double.IsFinite),
        ];
        if (differences.Length < 2)
            return null;
        var random = new Random(1);
        double[] means = [.. Enumerable.Range(0, Resamples)
            .Select(_ => Enumerable.Range(0, differences.Length).Average(_ => differences[random.Next(differences.Length)])).Order()];
        return new Interval(SurfaceDistance.PercentileOf(means, Holm.Level / 2), SurfaceDistance.PercentileOf(means, 1 - Holm.Level / 2));
    }
}
