using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using GpuLoss.Cli.Comparing.Measures;
using GpuLoss.Cli.Reporting;

namespace GpuLoss.Cli.Comparing.Report;

/// <summary>The command lines a report names.</summary>
/// <param name="Typed">What was typed.</param>
/// <param name="Reproduces">What gives the same result again; null where no command does.</param>
internal sealed record ReportedCommands(string Typed, string? Reproduces);

/// <summary>Writes a comparison: the page, its main plot, and every number as CSV and JSON.</summary>
internal static class ComparisonFiles
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>The files that stand for a comparison with finished runs.</summary>
    public static IReadOnlyList<string> KeyFiles { get; } = ["comparison.json"];

    /// <summary>The files.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["report.html", "dice.png", "comparison.json", "measures.csv", "checkpoints.csv", "steps.csv", "gradient-shares.csv"];

    /// <summary>Writes all of them, each beside its place first; without a finished run there is no plot, and nothing for other
    /// programs.</summary>
    /// <returns>The names of those written.</returns>
    public static IReadOnlyList<string> Write(string folder, Analysis analysis, ReportedCommands commands)
    {
        var (explanations, machine, written) = (Explanations.Of(analysis), new MachineFacts(), new List<string>());
        void SaveBy(string name, Action<string> write)
        {
            WholeFile.Write(Path.Combine(folder, name), write);
            written.Add(name);
        }

        void Save(string name, string text) => SaveBy(name, path => File.WriteAllText(path, text));
        Save(Names[0], HtmlReport.Of(analysis, explanations, commands, machine));
        if (analysis.Runs.Count > 0)
        {
            using var plot = ComparisonCharts.FinalDice(analysis);
            plot.ScaleFactor = 2;
            SaveBy(Names[1], path =>
                File.WriteAllBytes(path, plot.GetImageBytes(2 * Charts.Width, 2 * Charts.Height, ScottPlot.ImageFormat.Png)));
            Save(Names[2], JsonSerializer.Serialize(Summary(analysis, explanations, commands, machine), Json));
        }

        Save(Names[3], Measures(analysis));
        Save(Names[4], Checkpoints(analysis));
        Save(Names[5], Csv(
            "loss,seed,step,value",
            analysis.Runs.SelectMany(run =>
                run.Run.StepLosses.Select((value, i) => new object?[] { run.Run.Loss, run.Run.Seed, i + 1, value }))));
        Save(Names[6], Shares(analysis));
        return written;
    }

    /// <summary>Lines of comma-separated values; texts are quoted where they need it (RFC 4180), what is not defined is empty.</summary>
    public static string Csv(string header, IEnumerable<object?[]> rows)
    {
        var csv = new StringBuilder(header).Append('\n');
        foreach (var row in rows)
            csv.AppendJoin(',', row.Select(Cell)).Append('\n');
        return csv.ToString();
    }

    private static string Cell(object? value) => value switch
    {
        string text when text.AsSpan().ContainsAny(",\"\r\n") => $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"",
        double.NaN => "",
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static string Measures(Analysis analysis) => Csv(
        "loss,seed,class,dice,sensitivity,precision,volume_error,hausdorff95_mm",
        analysis.Runs.SelectMany(run => run.Classes.Select((measures, c) => new object?[]
        {
            run.Run.Loss, run.Run.Seed, analysis.Split.ClassNames[c], measures.Dice, measures.Sensitivity, measures.Precision,
            measures.VolumeError,
            measures.Hausdorff95,
        })));

    private static string Checkpoints(Analysis analysis) => Csv(
        "loss,seed,step,seconds,class,dice",
        analysis.Runs.SelectMany(run => run.Run.Checkpoints.SelectMany(checkpoint => checkpoint.Dice.Select((dice, c) => new object?[]
        {
            run.Run.Loss, run.Run.Seed, checkpoint.Step, checkpoint.Seconds, analysis.Split.ClassNames[c], dice,
        }))));

    private static string Shares(Analysis analysis) => Csv(
        "trained_with,seed,step,class,voxels,cross_entropy,dice,foreground_dice",
        analysis.Runs.SelectMany(run => run.Run.Shares.SelectMany(share => analysis.Split.ClassNames.Select((name, c) => new object?[]
        {
            run.Run.Loss, run.Run.Seed, share.Step, name, share.Voxels[c], share.CrossEntropy[c], share.Dice[c], share.ForegroundDice[c],
        }))));

    private static object Summary(Analysis analysis, Explanations explanations, ReportedCommands commands, MachineFacts machine) => new
    {
        command = commands.Typed,
        reproduced_by = commands.Reproduces,
        machine,
        torchsharp = Versions.TorchSharp,
        settings = analysis.Settings,
        data = analysis.Split.Training.Concat(analysis.Split.Validation)
            .Select(volume => new { volume.Source, size = volume.Size.ToString(), volume.Spacing }),
        split = analysis.Split.Description,
        classes = analysis.Split.ClassNames,
        length = analysis.State.Length,
        trials = analysis.State.Trials,
        answer = analysis.Runs.Count > 0 ? Answer.Of(analysis) : null,
        conclusion = Conclusion.Of(analysis),
        diverged = analysis.Diverged.Select(run => new { run.Loss, run.Seed, run.LearningRate, run.Steps, run.Failure }),
        runs = analysis.Runs.Select(run => new
        {
            run.Run.Loss,
            run.Run.Seed,
            run.Run.LearningRate,
            run.Run.Steps,
            run.Run.Seconds,
            run.Run.LossSeconds,
            run.Run.InitialWeights,
            run.Run.Patches,
            measures = run.Classes,
            run.Run.Spreads,
        }),
        findings = analysis.Findings.Select(finding => new
        {
            finding.Loss,
            finding.Against,
            on = finding.On.Name,
            finding.Verdict,
            finding.Paired.Difference.Interval,
            finding.OverVolumes,
            finding.Paired.Difference,
            finding.Paired.PValue,
            finding.AdjustedP,
            finding.Told,
            finding.Paired.Differences,
        }),
        explanations,
    };
}
