using System.Globalization;
using Spectre.Console;

namespace GpuLoss.Cli.Comparing;

/// <summary>Shows the progress of a comparison: one live line on a terminal, a line per tenth of a run elsewhere.</summary>
internal sealed class ComparisonDisplay
{
    private const int LinesPerRun = 10;

    private readonly IAnsiConsole console;
    private readonly LiveDisplayContext? live;
    private readonly int runs;
    private readonly int finished;
    private readonly IReadOnlyList<string> classNames;
    private int lines;

    /// <param name="console">Where to.</param>
    /// <param name="live">The live display of a terminal, or null where there is none.</param>
    /// <param name="runs">How many runs there will be.</param>
    /// <param name="finished">How many were finished before.</param>
    /// <param name="classNames">The names of the classes.</param>
    public ComparisonDisplay(IAnsiConsole console, LiveDisplayContext? live, int runs, int finished, IReadOnlyList<string> classNames) =>
        (this.console, this.live, this.runs, this.finished, this.classNames) = (console, live, runs, finished, classNames);

    /// <summary>The length of a run is decided.</summary>
    public void Begin(RunLength length) => Show($"{runs} runs, {finished} of them done before; {length.Explanation}");

    /// <summary>A learning rate was tried.</summary>
    public void Tried(SweepTrial trial) => Show(string.Create(
        CultureInfo.InvariantCulture,
        $"{trial.Loss}: learning rate {trial.LearningRate:0.0000} gives Dice {trial.Dice:F3} on the training data"));

    /// <summary>A step was made.</summary>
    /// <param name="loss">The loss of the run.</param>
    /// <param name="seed">Its seed.</param>
    /// <param name="step">The step.</param>
    /// <param name="done">Which part of the run is done.</param>
    /// <param name="dice">The last Dice of every class on the validation data, if there is one.</param>
    /// <param name="left">How long all will take yet.</param>
    public void Step(string loss, int seed, int step, double done, double[]? dice, TimeLeft left)
    {
        var now = (int)(done * LinesPerRun);
        if (live == null && now == lines)
            return;
        lines = now;
        var end = left.IsCutShort ? ", and the budget ends it before all runs" : "";
        Show(string.Create(
            CultureInfo.InvariantCulture, $"{loss}, seed {seed}, step {step}  {Describe(dice)}  {left.Time:h\\:mm\\:ss} left{end}"));
    }

    /// <summary>A run is finished.</summary>
    /// <param name="run">The run.</param>
    /// <param name="finished">How many are, with it.</param>
    public void Done(CompletedRun run, int finished)
    {
        lines = 0;
        var outcome = run.Failure is { } failure ? $"diverged at step {failure.Step}, the {failure.What} not finite" : "done";
        Show($"{run.Loss}, seed {run.Seed}: {outcome}, {finished} of {runs} runs");
    }

    private string Describe(double[]? dice) => dice == null
        ? ""
        : "Dice " + string.Join(
            "  ", classNames.Zip(dice).Skip(1)
                .Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.First} {pair.Second:F2}")));

    private void Show(string line)
    {
        if (live == null)
            console.WriteLine(line);
        else
            live.UpdateTarget(new Text(line + "\n(Ctrl-C stops and reports what there is)"));
    }
}
