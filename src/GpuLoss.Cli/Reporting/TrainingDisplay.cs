using System.Globalization;
using GpuLoss.Cli.Training;
using GpuLoss.Cli.Volumes;
using Spectre.Console;

namespace GpuLoss.Cli.Reporting;

/// <summary>What a person sees of a training: what it is about, how it goes, how it ended.</summary>
internal sealed class TrainingDisplay(IAnsiConsole console, LabelledVolume volume, TrainingOptions options)
{
    private const int LinesWithoutTerminal = 20;
    private const double Smoothing = 0.9;

    private readonly double[] dice = new double[volume.Classes];
    private double loss = double.NaN;

    /// <summary>Says what will be trained on.</summary>
    public void ShowData(long parameters)
    {
        var size = volume.Size;
        console.MarkupLineInterpolated($"Training on [bold]{volume.Source}[/]");
        console.MarkupLineInterpolated($"{size} voxels of {volume.Spacing} mm, {volume.Classes} classes");
        foreach (var note in volume.Notes)
            console.WriteLine(note);
        var voxels = volume.VoxelsPerClass();
        var table = new Table().AddColumn("class").AddColumn("voxels", column => column.RightAligned())
            .AddColumn("share", column => column.RightAligned());
        for (var c = 0; c < volume.Classes; c++)
        {
            table.AddRow(
                Markup.Escape(volume.ClassNames[c]), voxels[c].ToString("N0", CultureInfo.InvariantCulture),
                ((double)voxels[c] / size.Voxels).ToString("P2", CultureInfo.InvariantCulture));
        }

        console.Write(table);
        var device = options.Device.ToString().ToLowerInvariant();
        var run = $"{options.Steps} steps, patches of {options.PatchSide}³, seed {options.Seed}, {device}";
        console.MarkupLineInterpolated($"3-D U-Net of {parameters} parameters, loss [bold]{options.Loss}[/], {run}");
    }

    /// <summary>Runs the steps, showing each and adding it to <paramref name="results"/>; ends early where asked to.</summary>
    public void Follow(Func<int, StepResult> step, List<StepResult> results, CancellationToken stop)
    {
        if (!console.Profile.Capabilities.Interactive)
        {
            Run(step, results, WriteLine, stop);
            return;
        }

        console.Live(new Text("")).Start(live =>
        {
            live.UpdateTarget(Status(results));
            Run(step, results, () => live.UpdateTarget(Status(results)), stop);
        });

        void WriteLine()
        {
            var last = results[^1];
            if (last.Step == 1 || last.Step == options.Steps || last.Step % Math.Max(1, options.Steps / LinesWithoutTerminal) == 0)
                console.WriteLine(Line(results));
        }
    }

    /// <summary>Says how it ended.</summary>
    public void ShowOutcome(TrainingOutcome outcome, string folder)
    {
        if (outcome.Failure != null)
            console.MarkupLineInterpolated($"[bold]{outcome.Failure.ToString()}[/]");
        var table = new Table().Title("Dice on the whole volume").AddColumn("class").AddColumn("before", column => column.RightAligned())
            .AddColumn("after", column => column.RightAligned());
        for (var c = 0; c < volume.Classes; c++)
            table.AddRow(Markup.Escape(volume.ClassNames[c]), Show(outcome.DiceBefore[c]),
                outcome.DiceAfter is { } after ? Show(after[c]) : "-");
        console.Write(table);
        console.MarkupLine("The volume was trained on: this shows that the network fits it, not how it would do on another.");
        if (outcome.Steps.Count > 0)
        {
            var milliseconds = 1000 * outcome.Steps.Average(step => step.Seconds);
            var share = 100 * outcome.LossShare;
            console.MarkupLineInterpolated(
                CultureInfo.InvariantCulture,
                $"{outcome.Steps.Count} steps of {milliseconds:F0} ms; [bold]{share:F2} %[/] of the time in the loss and its gradient.");
        }

        console.MarkupLineInterpolated($"Report: [bold]{Path.GetFullPath(folder)}[/] ({string.Join(", ", TrainingReport.Files(outcome))})");
    }

    private static string Show(double value) => value.ToString("F3", CultureInfo.InvariantCulture);

    private void Run(Func<int, StepResult> step, List<StepResult> results, Action show, CancellationToken stop)
    {
        for (var number = 1; number <= options.Steps && !stop.IsCancellationRequested; number++)
        {
            var result = step(number);
            results.Add(result);
            loss = double.IsNaN(loss) ? result.Loss : Smoothing * loss + (1 - Smoothing) * result.Loss;
            for (var c = 0; c < dice.Length; c++)
                dice[c] = number == 1 ? result.Dice[c] : Smoothing * dice[c] + (1 - Smoothing) * result.Dice[c];
            show();
        }
    }

    private TimeSpan TimeLeft(List<StepResult> results) =>
        TimeSpan.FromSeconds(results.TakeLast(20).Average(step => step.Seconds) * (options.Steps - results.Count));

    private string Line(List<StepResult> results)
    {
        var classes = volume.ClassNames.Zip(dice).Skip(1).Select(pair => $"{pair.First} {pair.Second:F2}");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"step {results.Count,5}/{options.Steps}  loss {loss:F4}  Dice {string.Join("  ", classes)}  {TimeLeft(results):m\\:ss} left");
    }

    private Panel Status(List<StepResult> results)
    {
        var chart = new BarChart().WithMaxValue(1).UseValueFormatter(Show);
        for (var c = 1; c < volume.Classes; c++)
        {
            var colour = Palette.OfClass(c);
            chart.AddItem(Markup.Escape(volume.ClassNames[c]), Math.Round(dice[c], 3), new Color(colour.R, colour.G, colour.B));
        }

        var text = results.Count == 0
            ? "starting…"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"step {results.Count}/{options.Steps}   loss {loss:F4}   {TimeLeft(results):m\\:ss} left   "
                + $"(Ctrl-C stops and keeps what there is)");
        return new Panel(new Rows(new Text(text), new Text("Dice on recent patches"), chart)).Header("training").Expand();
    }
}
