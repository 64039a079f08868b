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
    private const int OutOfTimeExitCode = 4;
    private const string StateFile = "state.json";
    private const string DefaultLosses = "ce,wce,dice,gdl,dice+ce";

    private static readonly TimeSpan DefaultBudget = TimeSpan.FromMinutes(25);

    public static Command Create()
    {
        var image = new Option<string[]>(
            "--image")
        { Description = "A NIfTI image; repeat for several. Without one: Colin 27, or a phantom." };
        var labels = new Option<string[]>("--labels") { Description = "The labels of each image, in the same order." };
        var losses = new Option<string[]?>("--losses")
        {
            Description = "Comma-separated, the one the others are compared with first: "
                + $"{string.Join(", ", SegmentationLosses.Names)}. Default: {DefaultLosses}.",
            CustomParser = OptionParsing.Parser(Losses, "--losses", $"different names of {string.Join(", ", SegmentationLosses.Names)}"),
        };
        var seeds = OptionParsing.Number("--seeds", "How many seeds, from --seed on.", DefaultSeeds, number =>
            number is >= 1 and <= 100, "a whole number from 1 to 100");
        var steps = OptionParsing.Number("--steps", "The most steps of a run.", DefaultSteps, number =>
            number >= 1, "a whole number, 1 or more");
        var budget = new Option<TimeSpan?>("--budget")
        {
            Description = "The time for everything, as in 90s, 25m or 2h; runs are made shorter to keep it. "
                + "none: as long as it takes. Default: 25m.",
            CustomParser = OptionParsing.Parser(Duration, "--budget", "a time as in 90s, 25m or 2h, or none"),
        };
        var equal = OptionParsing.OneOf("--equal", "What every run gets the same of: steps or time.", ["steps", "time"]);
        var splitBy = OptionParsing.OneOf(
            "--split", "region cuts every volume in two; volume keeps the last quarter of several volumes apart; auto takes what fits.",
            ["auto", "region", "volume"]);
        var rate = new Option<double?>("--rate")
        {
            Description = "The learning rate, the same for all losses and steps. Default: 0.005.",
            CustomParser = OptionParsing.Parser<double?>(
                text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value is > 0 and < 1
                    ? value : null,
                "--rate", "a number between 0 and 1"),
        };
        var sweep = new Option<bool>(
            "--sweep")
        { Description = "Choose the learning rate of each loss first, of a third, one and three times --rate." };
        var checkpoints = new Option<int?>("--checkpoints")
        {
            Description = $"How often a run looks at the validation data. Default: {RunLength.UsualCheckpoints}, "
                + "fewer where the budget is short.",
            CustomParser = OptionParsing.Parser<int?>(
                text => int.TryParse(text, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= 1000 ? number : null,
                "--checkpoints", "a whole number from 1 to 1000"),
        };
        var resume = new Option<bool>("--resume") { Description = "Go on with the comparison whose report is in --out." };
        var overwrite = new Option<bool>(
            "--overwrite")
        { Description = "Put this comparison in the place of one whose report is in --out." };
        var shared = new TrainingCommandOptions("compare-report");

        var command = new Command(
            "compare",
            "Trains the same network from the same weights on the same patches with several losses, and reports how they differ and why. "
            + "Ctrl-C ends it, writes the report of the finished runs, and exits with 130; "
            + "a budget that ends it before all runs are done does so with 4; 3 means that libtorch computes the network wrongly here.")
        {
            image, labels, losses, seeds, steps, budget, equal, splitBy, rate, sweep, checkpoints, resume, overwrite,
        };
        shared.AddTo(command);
        command.SetAction(result =>
        {
            CheckFolder(shared.Folder(result), result.GetValue(resume), result.GetValue(overwrite));
            return Run(
                Requests(
                    result.GetValue(image) ?? [], result.GetValue(labels) ?? [],
                    shared.Request(result)),
                result.GetValue(splitBy)!,
                new ComparisonSettings(
                    result.GetValue(losses) ?? DefaultLosses.Split(','), shared.Seed(result), result.GetValue(seeds),
                    result.GetValue(steps),
                    result.GetValue(budget) ?? DefaultBudget,
                    result.GetValue(equal) == "time" ? EqualShare.Time : EqualShare.Steps, shared.PatchSide(result),
                    result.GetValue(rate) ?? DefaultLearningRate, result.GetValue(sweep), shared.Device(result),
                    result.GetValue(checkpoints)),
                result.GetValue(resume), shared.Folder(result));
        });
        return command;
    }

    private static int Run(IReadOnlyList<VolumeRequest> requests, string splitBy, ComparisonSettings settings, bool resume, string folder)
    {
        if (settings is { Equal: EqualShare.Time } && settings.Budget == TimeSpan.MaxValue)
            throw new InputException("--equal time divides a --budget: give one other than none.");
        HeapSettings.KeepFreedBlocks();
        using var interruption = new Interruption();
        var volumes = VolumeSource.Load(requests);
        var split = splitBy == "volume" || (splitBy == "auto" && volumes.Count > 1) ? DataSplit.ByVolume(volumes)
            : DataSplit.ByRegion(volumes);

        // Before the ranks know each other: the check may start the program again.
        NetworkCheck.Ensure(split.ClassNames.Count, settings.PatchSide, settings.Device);
        var console = Ranks.Console;
        var comparison = new Comparison(split, settings, Path.Combine(folder, StateFile));
        if (resume)
            comparison.Resume();
        var sources = string.Join("; ", volumes.Select(volume => volume.Source));
        console.MarkupLineInterpolated($"Comparing [bold]{string.Join(", ", settings.Losses)}[/] on [bold]{sources}[/]");
        foreach (var note in volumes.SelectMany(volume => volume.Notes))
            console.WriteLine(note);
        console.WriteLine(split.Description);
        Follow(console, comparison, split, interruption.Token);
        if (Ranks.IsFirst)
            Report(console, folder, comparison, new Analysis(split, settings, comparison.State!));
        Ranks.All.barrier(); // nobody leaves before the report is written: an exit code ends all ranks
        return comparison.Finished == comparison.Runs ? 0 : interruption.Token.IsCancellationRequested ? Interruption.ExitCode
            : OutOfTimeExitCode;
    }

    private static void Report(IAnsiConsole console, string folder, Comparison comparison, Analysis analysis)
    {
        string[] typed = [.. Environment.GetCommandLineArgs().Skip(1)];
        if (comparison.Finished > 0 || !File.Exists(Path.Combine(folder, StateFile)))
            Report(console, folder, analysis, typed);
        else
            console.WriteLine($"No run is finished: {folder} is left as it was.");
        if (comparison.Finished == comparison.Runs)
            return;
        console.WriteLine(comparison.OutOfTime ?? $"It was interrupted with {comparison.Finished} of {comparison.Runs} runs finished.");
        if (comparison.Finished > 0)
            Console.WriteLine($"This goes on: {CommandLines.GoingOn(typed)}"); // never wrapped: it is to be copied
    }

    private static void Report(IAnsiConsole console, string folder, Analysis analysis, string[] typed)
    {
        var files = ComparisonFiles.Write(
            folder, analysis, new ReportedCommands(CommandLines.Of(typed), CommandLines.Reproducing(typed, analysis.State.Length, folder)));
        foreach (var sentence in Conclusion.Of(analysis))
            console.WriteLine(sentence);
        console.MarkupLineInterpolated($"Report: [bold]{Path.GetFullPath(folder)}[/] ({string.Join(", ", files)})");
    }

    /// <summary>A finished comparison is not lost because an option was forgotten.</summary>
    private static void CheckFolder(string folder, bool resume, bool overwrite)
    {
        if (resume && overwrite)
            throw new InputException("--resume goes on with a comparison, and --overwrite gives it up: give one of them.");
        if (!resume && !overwrite
            && ComparisonFiles.KeyFiles.Prepend(StateFile).FirstOrDefault(name => File.Exists(Path.Combine(folder, name))) is { } found)
        {
            throw new InputException(
                $"--out {folder} holds another comparison ({found}): --resume goes on with it, --overwrite puts the new one in its place.");
        }

        ReportFolder.Check(folder);
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

    private static List<VolumeRequest> Requests(string[] images, string[] labels, VolumeRequest common)
    {
        if (images.Length != labels.Length)
            throw new InputException(
                $"--image and --labels go together: there are {images.Length} images and {labels.Length} label files.");
        return images.Length == 0 ? [common]
            : [.. images.Zip(labels, (image, label) => common with { ImagePath = image, LabelsPath = label })];
    }

    private static string[]? Losses(string text)
    {
        var names = text.Split(',', StringSplitOptions.TrimEntries);
        return names.All(SegmentationLosses.Names.Contains) && names.Distinct().Count() == names.Length ? names : null;
    }

    private static TimeSpan? Duration(string text) => text == "none" ? TimeSpan.MaxValue : text.Length > 1
        && double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number is > 0 and < 1e5
        ? text[^1] switch
        {
            's' => TimeSpan.FromSeconds(number),
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(number),
            _ => null,
        }
        : null;
}
