namespace GpuLoss.Cli.Comparing.Measures;

/// <summary>A run and how well it segments the validation data.</summary>
/// <param name="Run">The run.</param>
/// <param name="Predictions">The predicted classes of every validation volume.</param>
/// <param name="Classes">The measures of every class, background first.</param>
internal sealed record MeasuredRun(CompletedRun Run, IReadOnlyList<byte[]> Predictions, IReadOnlyList<ClassMeasures> Classes)
{
    /// <summary>Mean Dice of the foreground classes.</summary>
    public double ForegroundDice => Classes.Skip(1).Average(measures => measures.Dice);
}

/// <summary>When runs of a loss first had a mean foreground Dice at a checkpoint.</summary>
/// <param name="Reached">How many runs had.</param>
/// <param name="Runs">Of how many.</param>
/// <param name="Steps">Their steps until then.</param>
/// <param name="Seconds">Their time until then.</param>
internal sealed record TimeToDice(int Reached, int Runs, Spread Steps, Spread Seconds);

/// <summary>All measures of a comparison, of the losses and seeds that were asked for and are done.</summary>
internal sealed class Analysis
{
    public Analysis(DataSplit split, ComparisonSettings settings, ExperimentState state)
    {
        (Split, Settings, State) = (split, settings, state);
        Runs = [.. settings.Losses.SelectMany(loss => settings.AllSeeds.Select(seed => state.Find(loss, seed))).OfType<CompletedRun>()
            .AsParallel().AsOrdered().Select(Measure)];
        Losses = [.. settings.Losses.Where(loss => RunsOf(loss).Any())];
    }

    public DataSplit Split { get; }

    public ComparisonSettings Settings { get; }

    public ExperimentState State { get; }

    /// <summary>The runs, by loss and seed.</summary>
    public IReadOnlyList<MeasuredRun> Runs { get; }

    /// <summary>The losses of which there is a run.</summary>
    public IReadOnlyList<string> Losses { get; }

    /// <summary>The loss that the others are compared with.</summary>
    public string Reference => Settings.Losses[0];

    /// <summary>The classes without the background.</summary>
    public IEnumerable<int> Foreground => Enumerable.Range(1, Split.ClassNames.Count - 1);

    /// <summary>The runs of a loss.</summary>
    public IEnumerable<MeasuredRun> RunsOf(string loss) => Runs.Where(run => run.Run.Loss == loss);

    /// <summary>Mean and spread of a measure of a loss.</summary>
    public Spread Over(string loss, Func<MeasuredRun, double?> measure) => Spread.Of(RunsOf(loss).Select(measure));

    /// <summary>Two losses compared over the seeds both have.</summary>
    public PairedComparison Paired(string loss, string other, Func<MeasuredRun, double> measure) => PairedComparison.Of(
        [.. RunsOf(loss).Join(RunsOf(other), run => run.Run.Seed, run => run.Run.Seed, (one, two) => measure(one) - measure(two))]);

    /// <summary>When the runs of a loss had a mean foreground Dice.</summary>
    public TimeToDice Until(string loss, double dice)
    {
        var runs = RunsOf(loss).ToList();
        var first = runs.Select(run => Array.Find(run.Run.Checkpoints, checkpoint => checkpoint.Dice.Skip(1).Average() >= dice)).OfType<Checkpoint>().ToList();
        return new TimeToDice(
            first.Count, runs.Count, Spread.Of(first.Select(checkpoint => (double?)checkpoint.Step)),
            Spread.Of(first.Select(checkpoint => (double?)checkpoint.Seconds)));
    }

    private MeasuredRun Measure(CompletedRun run)
    {
        byte[][] predictions = [.. run.Predictions.Select(PackedLabels.Unpack)];
        return new MeasuredRun(
            run, predictions, [.. Enumerable.Range(0, Split.ClassNames.Count).Select(c => ClassMeasures.Of(Split.Validation, predictions, (byte)c))]);
    }
}
