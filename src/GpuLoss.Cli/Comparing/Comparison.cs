using System.Globalization;
using GpuLoss.Cli.Commands;
using GpuLoss.Cli.Volumes;

namespace GpuLoss.Cli.Comparing;

/// <summary>Goes through all seeds and losses of a comparison, and keeps what it finds.</summary>
internal sealed class Comparison
{
    private const double TrialPart = 0.25;
    private static readonly double[] TrialFactors = [1.0 / 3, 1, 3];

    private readonly DataSplit split;
    private readonly ComparisonSettings settings;
    private readonly string statePath;
    private readonly bool replaces;

    /// <param name="split">The data.</param>
    /// <param name="settings">What to do.</param>
    /// <param name="statePath">Where the state is kept after every run.</param>
    public Comparison(DataSplit split, ComparisonSettings settings, string statePath) =>
        (this.split, this.settings, this.statePath, replaces) = (split, settings, statePath, File.Exists(statePath));

    private IEnumerable<(string Loss, int Seed)> AllRuns =>
        settings.AllSeeds.SelectMany(seed => settings.Losses.Select(loss => (loss, seed)));

    /// <summary>How many runs a rank has, trials counted by their part of one.</summary>
    private double RunsOfRank =>
        Math.Ceiling((double)Runs / Ranks.All.size) + (settings.Sweep ? settings.Losses.Count * TrialFactors.Length * TrialPart : 0);

    /// <summary>The number of runs asked for.</summary>
    public int Runs => settings.Losses.Count * settings.Seeds;

    /// <summary>How many of them are finished.</summary>
    public int Finished => AllRuns.Count(run => State?.Find(run.Loss, run.Seed) != null);

    /// <summary>What is done; null before <see cref="Run"/> has decided how long a run is.</summary>
    public ExperimentState? State { get; private set; }

    /// <summary>Why the budget ended it before all runs were done; null where it did not.</summary>
    public string? OutOfTime { get; private set; }

    /// <summary>Goes on from a state that was kept.</summary>
    /// <exception cref="InputException">It belongs to other data or settings.</exception>
    public void Resume()
    {
        var state = ExperimentState.Load(statePath);
        var fingerprint = Fingerprint();
        State = state.Fingerprint == fingerprint
            ? state
            : throw new InputException($"--resume: {statePath} was made with \"{state.Fingerprint}\", this is \"{fingerprint}\".");
        RanksOfComparison.Add(State, statePath);
    }

    /// <summary>Does what is not done. All losses of a seed come before the next seed, so that what there is can be compared at any
    /// time.</summary>
    /// <param name="display">Shows the progress.</param>
    /// <param name="stop">Ends it early; a run under way is given up.</param>
    public void Run(ComparisonDisplay display, CancellationToken stop)
    {
        RunOwn(display, stop);
        RanksOfComparison.Join(State!, statePath);
    }

    private void RunOwn(ComparisonDisplay display, CancellationToken stop)
    {
        var clock = new BudgetClock(settings.Budget, TimeProvider.System);
        using var trainer = new ComparisonTrainer(split, settings);
        State ??= new ExperimentState(
            Fingerprint(), RanksOfComparison.Agree(BudgetPlan.Fit(settings, RunsOfRank, trainer.Costs())), [], []);
        display.Begin(State.Length);
        var rates = settings.Losses.ToDictionary(loss => loss, loss =>
            settings.Sweep ? Sweep(trainer, loss, display, stop) : settings.LearningRate);
        var mine = AllRuns.Index()
            .Where(run => State.Find(run.Item.Loss, run.Item.Seed) == null && RanksOfComparison.IsMine(run.Index)).Select(run => run.Item)
                .ToList();
        foreach (var (turn, (loss, seed)) in mine.Index())
        {
            if (stop.IsCancellationRequested)
                return;
            if (clock.IsOver)
            {
                OutOfTime = $"The budget of {BudgetPlan.Show(settings.Budget)} ended it with {Finished} of {Runs} runs finished: "
                    + $"{BudgetPlan.Show(clock.Left)} were left, and a run took up to {BudgetPlan.Show(clock.Slowest)}.";
                return;
            }

            clock.BeginRun();
            var run = trainer.Train(
                loss, seed, rates[loss], State.Length, measuresSpread: loss == settings.Losses[0],
                (step, done, dice) => display.Step(loss, seed, step, done, dice, clock.Expect(done, mine.Count - turn - 1)), stop);
            if (run == null)
                return;
            clock.EndRun();
            State.Runs.Add(run);
            State.Save(RanksOfComparison.PathOf(statePath));
            display.Done(run, Finished);
        }
    }

    /// <summary>The best learning rate of a few for one loss, tried with a seed that no run has.</summary>
    private double Sweep(ComparisonTrainer trainer, string loss, ComparisonDisplay display, CancellationToken stop)
    {
        var steps = Math.Max(1, (int)(TrialPart * State!.Length.Steps));
        foreach (var rate in TrialFactors.Select(factor => factor * settings.LearningRate))
        {
            if (State.Trials.Exists(trial => trial.Loss == loss && trial.LearningRate == rate))
                continue;
            if (trainer.Try(loss, settings.FirstSeed + ComparisonTrainer.SeedsApart, rate, steps, stop) is not { } dice)
                break;
            State.Trials.Add(new SweepTrial(loss, rate, steps, dice));

            // Another comparison's runs are not given up for trials.
            if (!replaces || State.Runs.Count > 0)
                State.Save(RanksOfComparison.PathOf(statePath));
            display.Tried(State.Trials[^1]);
        }

        return State.Trials.Where(trial => trial.Loss == loss).MaxBy(trial => trial.Dice)?.LearningRate ?? settings.LearningRate;
    }

    private string Fingerprint() => string.Create(
        CultureInfo.InvariantCulture,
        $"{string.Join(" and ", split.Training.Concat(split.Validation).Select(Describe))}; "
        + $"classes {string.Join(", ", split.ClassNames)}; {split.Description}; equal {settings.Equal}, {settings.Steps} steps, "
        + $"patches of {settings.PatchSide}³, learning rate {settings.LearningRate:R}{(settings.Sweep ? " swept" : "")}, "
        + $"{settings.Device}");

    private static string Describe(LabelledVolume volume) => FormattableString.Invariant(
        $"{volume.Source} ({volume.Size}, {volume.Spacing:R} mm, {Hashes.Of(volume)[..8]})");
}
