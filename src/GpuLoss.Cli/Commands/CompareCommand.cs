using System.CommandLine;
using System.Globalization;
using GpuLoss.Cli.Comparing;
using GpuLoss.Cli.Comparing.Measures;
using GpuLoss.Cli.Comparing.Report;
using GpuLoss.Cli.Reporting;
using GpuLoss.Cli.Training;
using GpuLoss.Cli.Volumes;
using Spectre.Console;

namespace GpuLoss.Cli.Commands;

/// <summary><c>compare</c>: the same network trained with several losses, and what came of it.</summary>
internal static class CompareCommand
{
    private const int DefaultSteps = 400;
    private const int DefaultSeeds = 3;
    private const double DefaultLearningRate = 5e-3;
    private const string StateFile = "state.json";
    private const string DefaultLosses = "ce,wce,dice,gdl,dice+ce";

    private static readonly TimeSpan DefaultBudget = TimeSpan.FromMinutes(25);

    public static Command Create()
    {
        var image = new Option<string[]>("--image") { Description = "A NIfTI image; repeat for several. Without one: Colin 27, or a phantom." };
        var labels = new Option<string[]>("--labels") { Description = "The labels of each image, in the same order." };
        var losses = new Option<string[]>("--losses")
        {
            Description = $"Comma-separated, the one the others are compared with first: {string.Join(", ", SegmentationLosses.Names)}.",
            DefaultValueFactory = _ => DefaultLosses.Split(','),
            CustomParser = OptionParsing.Parser(Losses, "--losses", $"different names of {string.Join(", ", SegmentationLosses.Names)}"),
        };
        var seeds = OptionParsing.Number("--seeds", "How many seeds, from --seed on.", DefaultSeeds, number => number is >= 1 and <= 100, "a whole number from 1 to 100");
        var steps = OptionParsing.Number("--steps", "The most steps of a run.", DefaultSteps, number => number >= 1, "a whole number, 1 or more");
        var budget = new Option<TimeSpan?>("--budget")
        {
            Description = "The time for everything, as in 90s, 25m or 2h; runs are made shorter to keep it. Default: 25m.",
            CustomParser = OptionParsing.Parser(Duration, "--budget", "a time as in 90s, 25m or 2h"),
        };
        var equal = OptionParsing.OneOf("--equal", "What every run gets the same of: steps or time.", ["steps", "time"]);
        var splitBy = OptionParsing.OneOf("--split", "region cuts every volume in two; volume keeps the last quarter of several volumes apart; auto takes what fits.", ["auto", "region", "volume"]);
        var rate = new Option<double?>("--rate")
        {
            Description = "The learning rate, the same for all losses and steps. Default: 0.005.",
            CustomParser = OptionParsing.Parser<double?>(
                text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value is > 0 and < 1 ? value : null,
                "--rate", "a number between 0 and 1"),
        };
        var sweep = new Option<bool>("--sweep") { Description = "Choose the learning rate of each loss first, of a third, one and three times --rate." };
        var resume = new Option<bool>("--resume") { Description = "Go on with the comparison whose report is in --out." };
        var shared = new TrainingCommandOptions("compare-report");

        var command = new Command(
            "compare",
            "Trains the same network from the same weights on the same patches with several losses, and reports how they differ and why. "
            + "Ctrl-C ends it, writes the report of the finished runs, and exits with 130.")
        {
            image, labels, losses, seeds, steps, budget, equal, splitBy, rate, sweep, resume,
        };
        shared.AddTo(command);
        command.SetAction(result => Run(
            Requests(
                result.GetValue(image) ?? [], result.GetValue(labels) ?? [], shared.Request(result)),
            result.GetValue(splitBy)!,
            new ComparisonSettings(
                result.GetValue(losses)!, shared.Seed(result), result.GetValue(seeds), result.GetValue(steps), result.GetValue(budget) ?? DefaultBudget,
                result.GetValue(equal) == "time" ? EqualShare.Time : EqualShare.Steps, shared.PatchSide(result),
                result.GetValue(rate) ?? DefaultLearningRate, result.GetValue(sweep), shared.Device(result)),
            result.GetValue(resume), shared.Folder(result)));
        return command;
    }

    private static int Run(IReadOnlyList<VolumeRequest> requests, string splitBy, ComparisonSettings settings, bool resume, string folder)
    {
        ReportFolder.Check(folder);
        HeapSettings.KeepFreedBlocks();
        using var interruption = new Interruption();
        var volumes = VolumeSource.Load(requests);
        var split = splitBy == "volume" || (splitBy == "auto" && volumes.Count > 1) ? DataSplit.ByVolume(volumes) : DataSplit.ByRegion(volumes);

        // Before the ranks know each other: the check may start the program again.
        NetworkCheck.Ensure(split.ClassNames.Count, settings.PatchSide, settings.Device);
        var console = Ranks.Console;
        var comparison = new Comparison(split, settings, Path.Combine(folder, StateFile));
        if (resume)
            comparison.Resume();
        console.MarkupLineInterpolated($"Comparing [bold]{string.Join(", ", settings.Losses)}[/] on [bold]{string.Join("; ", volumes.Select(volume => volume.Source))}[/]");
        foreach (var note in volumes.SelectMany(volume => volume.Notes))
            console.WriteLine(note);
        console.WriteLine(split.Description);
        Follow(console, comparison, split, interruption.Token);
        if (!Ranks.IsFirst)
            return LeaveTogether(interruption);
        var analysis = new Analysis(split, settings, comparison.State!);
        ComparisonFiles.Write(folder, analysis, CommandLine());
        foreach (var sentence in Conclusion.Of(analysis))
            console.WriteLine(sentence);
        console.MarkupLineInterpolated($"Report: [bold]{Path.GetFullPath(folder)}[/] ({string.Join(", ", ComparisonFiles.Names)})");
        return LeaveTogether(interruption);
    }

    /// <summary>No rank ends before the report is written: its exit code would end all.</summary>
    private static int LeaveTogether(Interruption interruption)
    {
        Ranks.All.barrier();
        return interruption.Token.IsCancellationRequested ? Interruption.ExitCode : 0;
    }

    private static void Follow(IAnsiConsole console, Comparison comparison, DataSplit split, CancellationToken stop)
    {
        void Run(LiveDisplayContext? live) =>
            comparison.Run(new ComparisonDisplay(console, live, comparison.Runs, comparison.Finished, split.ClassNames), stop);
        if (console.Profile.Capabilities.Interactive)
            console.Live(new Text("starting…")).Start(Run);
        else
            Run(null);
    }

    /// <summary>What was typed, quoted where a shell needs it.</summary>
    private static string CommandLine() => "gpuloss " + string.Join(' ', Environment.GetCommandLineArgs().Skip(1).Select(word =>
        word.Length > 0 && word.All(letter => char.IsLetterOrDigit(letter) || "-_.,/+=:".Contains(letter, StringComparison.Ordinal))
            ? word
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'"));

    private static List<VolumeRequest> Requests(string[] images, string[] labels, VolumeRequest common)
    {
        if (images.Length != labels.Length)
            throw new InputException($"--image and --labels go together: there are {images.Length} images and {labels.Length} label files.");
        return images.Length == 0 ? [common] : [.. images.Zip(labels, (image, label) => common with { ImagePath = image, LabelsPath = label })];
    }

    private static string[]? Losses(string text)
    {
        var names = text.Split(',', StringSplitOptions.TrimEntries);
        return names.All(SegmentationLosses.Names.Contains) && names.Distinct().Count() == names.Length ? names : null;
    }

    private static TimeSpan? Duration(string text) => text.Length > 1
        && double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 1e5
        ? text[^1] switch
        {
            's' => TimeSpan.FromSeconds(number),
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(number),
            _ => null,
        }
        : null;
}
