using System.Globalization;
using System.Text;
using GpuLoss.Cli.Comparing.Measures;
using GpuLoss.Cli.Reporting;
using GpuLoss.Cli.Training;

namespace GpuLoss.Cli.Comparing.Report;

/// <summary>A comparison as a paragraph of a thesis, with the papers it cites: LaTeX and BibTeX to paste.</summary>
internal static class MethodsParagraph
{
    /// <summary>The paragraph. What it says is what was done, and no result.</summary>
    public static string Of(Analysis analysis)
    {
        var (settings, split) = (analysis.Settings, analysis.Split);
        var sources = split.Training.Concat(split.Validation).Select(volume => volume.Source).Distinct().Select(Data);
        var rates = analysis.Runs.Select(run => run.Run.LearningRate).Distinct().Order().ToList();
        var text = new StringBuilder();
        Say($"We trained the same three-dimensional U-Net \\cite{{{Papers.Network}}} with "
            + $"{Count(settings.Losses.Count, "loss", "losses")}:");
        Say(string.Join("; ", settings.Losses.Select(loss => $"{Tex(SegmentationLosses.Get(loss).Description)}{Cite(loss)}")) + ".");
        Say($"The data were {string.Join("; ", sources)}, divided thus: {Tex(split.Description)}.");
        Say($"Each loss was trained with {Count(settings.Seeds, "random seed", "random seeds")}; "
            + $"the runs of a seed began with the same weights and saw the same patches of ${settings.PatchSide}^3$ voxels,");
        Say($"drawn around voxels of all classes in turn, one patch a step, {Length(analysis)}, "
            + $"with AdamW \\cite{{{Papers.Optimizer}}} at a constant learning rate of");
        Say((rates.Count == 1 ? Number(rates[0])
            : $"{Number(rates[0])} to {Number(rates[^1])}, chosen for each loss on the training data with a seed of its own") + ".");
        Say("Dice, sensitivity, precision, volume error and the 95\\,\\% Hausdorff distance of every class were taken on the validation "
            + "data at the end of the runs.");
        if (analysis.Findings.Count > 0)
        {
            Say("Losses were compared by the difference of Dice with the same seed: 95\\,\\% intervals of Student's t, and paired t-tests, "
                + "whose p values were corrected by Holm's method");
            Say($"\\cite{{{Papers.Correction}}} over {Count(analysis.Findings.Count, "comparison", "comparisons")}.");
        }

        if (analysis.Diverged.Count > 0)
            Say($"{Count(analysis.Diverged.Count, "run", "runs")} diverged and entered no mean.");
        Say($"Losses, training and statistics are those of GpuLoss {Tex(Version)} \\cite{{{Papers.Program}}} with TorchSharp "
            + $"{Tex(Of(Versions.TorchSharp))}.");
        return text.ToString().TrimEnd();

        void Say(string words) => text.Append(words).Append('\n');
    }

    /// <summary>The entries of all that the paragraph cites, in the order of their keys.</summary>
    public static string References(string paragraph) => string.Join('\n', Papers.Entries
        .Where(entry => paragraph.Contains($"{{{entry.Key}}}", StringComparison.Ordinal))
            .OrderBy(entry => entry.Key, StringComparer.Ordinal)
        .Select(entry => entry.Value.Replace("@version", Version, StringComparison.Ordinal)));

    private static string Version => Of(Versions.GpuLoss);

    /// <summary>A version without the commit it was built from.</summary>
    private static string Of(string version) => version.Split('+')[0];

    private static string Cite(string loss) =>
        Papers.OfLosses.TryGetValue(loss, out var papers) ? string.Concat(papers.Select(paper => $" \\cite{{{paper}}}")) : "";

    private static string Data(string source) => source.Contains("Colin 27", StringComparison.Ordinal)
        ? $"{Tex(source)} \\cite{{{Papers.Colin27}}}\\cite{{{Papers.Atlas}}}"
        : Tex(source);

    private static string Length(Analysis analysis)
    {
        var steps = analysis.Runs.Select(run => run.Run.Steps).Distinct().Order().ToList();
        return steps.Count == 1 ? Count(steps[0], "step", "steps") : $"{steps[0]} to {steps[^1]} steps, as many as fit into the same time";
    }

    private static string Count(int number, string one, string many) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} {(number == 1 ? one : many)}");

    private static string Number(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);

    /// <summary>Words as LaTeX prints them.</summary>
    private static string Tex(string words) => string.Concat(words.Select(letter => letter switch
    {
        '%' or '&' or '#' or '_' or '$' or '{' or '}' => "\\" + letter,
        '<' or '>' => $"${letter}$",
        '\\' => "\\textbackslash{}",
        '~' or '^' => $"\\{letter}{{}}",
        '²' => "$^2$",
        _ => letter.ToString(),
    }));
}
