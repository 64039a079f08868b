namespace GpuLoss.Cli.Comparing.Measures;

/// <summary>A run and how well it segments the validation data.</summary>
/// <param name="Run">The run.</param>
/// <param name="Predictions">The predicted classes of every validation volume.</param>
/// <param name="PerVolume">For every validation volume the measures of every class, background first.</param>
internal sealed record MeasuredRun(
    CompletedRun Run, IReadOnlyList<byte[]> Predictions, IReadOnlyList<IReadOnlyList<ClassMeasures>> PerVolume)
{
    /// <summary>The measures of every class, each the mean over the volumes where it is defined.</summary>
    public IReadOnlyList<ClassMeasures> Classes { get; } =
        [.. Enumerable.Range(0, PerVolume[0].Count).Select(c => ClassMeasures.Mean([.. PerVolume.Select(volume => volume[c])]))];

    /// <summary>Mean Dice of the foreground classes.</summary>
    public double ForegroundDice => new Judged("", null).Dice(Classes);
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
        : this(split, settings, state,
            [.. settings.Losses.SelectMany(loss => settings.AllSeeds.Select(seed => state.Find(loss, seed))).OfType<CompletedRun>()
            .Where(run => run.Failure is null).AsParallel().AsOrdered().Select(run => Measure(split, run))])
    {
    }

    /// <summary>An analysis of runs that are measured.</summary>
    public Analysis(DataSplit split, ComparisonSettings settings, ExperimentState state, IReadOnlyList<MeasuredRun> runs)
    {
        (Split, Settings, State, Runs) = (split, settings, state, runs);
        Diverged = [.. settings.Losses.SelectMany(loss => settings.AllSeeds.Select(seed => state.Find(loss, seed))).OfType<CompletedRun>()
            .Where(run => run.Failure != null)];
        Losses = [.. settings.Losses.Where(loss => RunsOf(loss).Any())];
        Findings = Measures.Findings.Of(this);
    }

    public DataSplit Split { get; }

    public ComparisonSettings Settings { get; }

    public ExperimentState State { get; }

    /// <summary>The runs, by loss and seed.</summary>
    public IReadOnlyList<MeasuredRun> Runs { get; }

    /// <summary>The runs that met a number that is not finite. They are in no mean and in no comparison.</summary>
    public IReadOnlyList<CompletedRun> Diverged { get; }

    /// <summary>The losses of which there is a run.</summary>
    public IReadOnlyList<string> Losses { get; }

    /// <summary>The loss that the others are compared with.</summary>
    public string Reference => Settings.Losses[0];

    /// <summary>All comparisons of two losses.</summary>
    public IReadOnlyList<Finding> Findings { get; }

    /// <summary>The classes without the background.</summary>
    public IEnumerable<int> Foreground => Enumerable.Range(1, Split.ClassNames.Count - 1);

    /// <summary>The title of a table or figure, which says of the runs that diverged that they are not in it.</summary>
    public string Marked(string title) => Diverged.Count == 0
        ? title
        : $"{title} (diverged and left out: {string.Join(", ", Diverged.Select(run => $"{run.Loss} seed {run.Seed}"))})";

    /// <summary>The runs of a loss.</summary>
    public IEnumerable<MeasuredRun> RunsOf(string loss) => Runs.Where(run => run.Run.Loss == loss);

    /// <summary>Mean and spread of a measure of a loss.</summary>
    public Spread Over(string loss, Func<MeasuredRun, double?> measure) => Spread.Of(RunsOf(loss).Select(measure));

    /// <summary>When the runs of a loss had a mean foreground Dice.</summary>
    public TimeToDice Until(string loss, double dice)
    {
        var runs = RunsOf(loss).ToList();
        var first = runs.Select(run =>
            Array.Find(run.Run.Checkpoints, checkpoint => ClassMeasures.MeanDice(checkpoint.Dice.Skip(1)) >= dice)).OfType<Checkpoint>()
                .ToList();
        return new TimeToDice(
            first.Count, runs.Count, Spread.Of(first.Select(checkpoint => (double?)checkpoint.Step)),
            Spread.Of(first.Select(checkpoint => (double?)checkpoint.Seconds)));
    }

    private static MeasuredRun Measure(DataSplit split, CompletedRun run)
    {
        byte[][] predictions = [.. run.Predictions.Select(PackedLabels.Unpack)];
        return new MeasuredRun(run, predictions,
        [
            .. split.Validation.Zip(predictions, (volume, predicted) =>
                (IReadOnlyList<ClassMeasures>)[.. Enumerable.Range(0, split.ClassNames.Count)
                    .Select(c => ClassMeasures.Of(volume, predicted, (byte)c))]),
        ]);
    }
}
