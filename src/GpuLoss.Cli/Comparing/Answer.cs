using System.Globalization;
using GpuLoss.Cli.Comparing.Measures;

namespace GpuLoss.Cli.Comparing;

/// <summary>The answer on top of a report.</summary>
/// <param name="Question">The question, as "Is Dice better than cross-entropy here?".</param>
/// <param name="Parts">One answer per class and one for the mean, each with its interval.</param>
/// <param name="Why">What the measured gradients say to it; null where they were not measured for these losses.</param>
internal sealed record Answer(string Question, IReadOnlyList<string> Parts, string? Why)
{
    /// <summary>The whole answer as one line.</summary>
    public string Line => $"{Question} {string.Join("; ", Parts)}.";

    /// <summary>The answer of a comparison; null where there are not two losses to ask about.</summary>
    public static Answer? Of(Analysis analysis)
    {
        if (Findings.Question(analysis) is not { } question)
            return null;
        var parts = Judged.All(analysis.Split.ClassNames).Select(on =>
        {
            var finding = analysis.Findings.FirstOrDefault(finding =>
                finding.On == on && finding.Loss == question.Loss && finding.Against == question.Against)
                ?? Findings.Turned(analysis.Findings.First(finding =>
                    finding.On == on && finding.Against == question.Loss && finding.Loss == question.Against));
            var isFound = on.Class is not { } c || !analysis.Split.Validates(c) || Conclusion.IsFound(analysis, c);
            return $"{on.Name}: {Wording.Of(finding, isFound)}";
        });
        return new Answer($"Is {Name(question.Loss)} better than {Name(question.Against)} here?", [.. parts], Because(analysis, question));
    }

    private static string Name(string loss) => loss switch
    {
        "ce" => "cross-entropy",
        "dice" => "Dice",
        _ => loss,
    };

    /// <summary>
    /// Which class has more of Dice's gradient than of cross-entropy's, and which has less, at the same logits: those of the training with
    /// the first loss.
    /// </summary>
    private static string? Because(Analysis analysis, (string Loss, string Against) question)
    {
        var shares = analysis.RunsOf(analysis.Losses[0]).SelectMany(run => run.Run.Shares).ToList();
        if (question != ("dice", "ce") || shares.Count == 0)
            return null;
        double[] Mean(Func<GradientShare, double[]> of) =>
            [.. Enumerable.Range(0, analysis.Split.ClassNames.Count).Select(c => shares.Average(share => of(share)[c]))];
        var (voxels, ce, dice) = (Mean(share => share.Voxels), Mean(share => share.CrossEntropy), Mean(share => share.Dice));
        var byGain = Enumerable.Range(0, voxels.Length).OrderBy(c => dice[c] - ce[c]).ToList();
        var (gives, takes) = (byGain[0], byGain[^1]);
        string Percent(double part) => string.Create(CultureInfo.InvariantCulture, $"{100 * part:F1} %");
        return dice[takes] - ce[takes] < 0.005
            ? "Why: the classes had the same shares of both gradients to half a per cent; "
                + "the gradients measured here do not explain a difference."
            : $"Why: of the gradient, Dice gave {analysis.Split.ClassNames[takes]} ({Percent(voxels[takes])} of the voxels) "
                + $"{Percent(dice[takes])} where cross-entropy gave it {Percent(ce[takes])}, "
                + $"and {analysis.Split.ClassNames[gives]} ({Percent(voxels[gives])}) {Percent(dice[gives])} where cross-entropy gave "
                + $"{Percent(ce[gives])}, at the logits of the training with {analysis.Losses[0]}.";
    }
}
