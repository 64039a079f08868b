using GpuLoss.Cli.Comparing.Explaining;
using GpuLoss.Cli.Comparing.Measures;
using GpuLoss.Cli.Reporting;
using ScottPlot;
using Palette = GpuLoss.Cli.Reporting.Palette;

namespace GpuLoss.Cli.Comparing.Report;

/// <summary>The plots of a comparison.</summary>
internal static class ComparisonCharts
{
    /// <summary>Final Dice of every class: the plot that answers the question.</summary>
    public static Plot FinalDice(Analysis analysis) => Charts.Groups(
        analysis.Marked("Dice at the end of the runs"),
        [.. analysis.Foreground.Select(c => analysis.Split.ClassNames[c]), "foreground mean"],
        [
            .. analysis.Losses.Select(loss => (loss, Colour(analysis, loss), (IReadOnlyList<double[]>)
            [
                .. analysis.Foreground.Select(c =>
                    analysis.RunsOf(loss).Select(run => run.Classes[c].Dice).Where(double.IsFinite).ToArray()),
                analysis.RunsOf(loss).Select(run => run.ForegroundDice).Where(double.IsFinite).ToArray(),
            ])),
        ]);

    /// <summary>Dice of one class on the way.</summary>
    public static Plot DiceOverTraining(Analysis analysis, int c) => Charts.Lines(
        analysis.Marked(analysis.Split.ClassNames[c]), "step", "validation Dice, mean over seeds",
        analysis.Losses.Select(loss =>
        {
            var moments = Moments(analysis.RunsOf(loss).Select(run => run.Run.Checkpoints).ToList());
            return new Series(
                loss, Colour(analysis, loss), [.. moments.Select(moment => moment.Average(checkpoint => checkpoint.Step))],
                [.. moments.Select(moment => moment.Average(checkpoint => checkpoint.Dice[c]))], Style: Place(analysis, loss),
                Band: ([.. moments.Select(moment => moment.Min(checkpoint => checkpoint.Dice[c]))],
                    [.. moments.Select(moment => moment.Max(checkpoint => checkpoint.Dice[c]))]));
        }));

    /// <summary>The value of every loss on the way, in windows of steps. Values of different losses are of different scales.</summary>
    public static Plot TrainingLoss(Analysis analysis) => Charts.Lines(
        analysis.Marked("Training loss"), "step", "loss of the patches, mean over seeds",
        analysis.Losses.Select(loss =>
        {
            var windows = Moments(analysis.RunsOf(loss).Select(run => Windows(run.Run.StepLosses)).ToList());
            return new Series(
                loss, Colour(analysis, loss), [.. windows.Select(window => window.Average(value => value.Step))],
                [.. windows.Select(window => window.Average(value => value.Mean))], Style: Place(analysis, loss),
                Band: ([.. windows.Select(window => window.Min(value => value.Mean))],
                    [.. windows.Select(window => window.Max(value => value.Mean))]));
        }),
        logY: true);

    /// <summary>The share of every class in a gradient over training, in the runs of the reference.</summary>
    public static Plot Shares(Analysis analysis, string title, Func<GradientShare, double[]> share)
    {
        var moments = Moments(analysis.RunsOf(analysis.Losses[0]).Select(run => run.Run.Shares).ToList());
        double[] steps = [.. moments.Select(moment => moment.Average(shares => shares.Step))];
        return Charts.Lines(
            analysis.Marked(title), "step", "share of the gradient (dotted: of the voxels)",
            analysis.Split.ClassNames.SelectMany((name, c) => new[]
        {
            new Series(name, Palette.OfClass(c), steps, [.. moments.Select(moment => moment.Average(shares => share(shares)[c]))],
                Style: c),
            new Series("", Palette.OfClass(c), steps, [.. moments.Select(moment => moment.Average(shares => shares.Voxels[c]))],
                IsReference: true),
        }));
    }

    /// <summary>The spread of gradients over batches by the size of the object.</summary>
    public static Plot Spreads(Analysis analysis)
    {
        var spreads = analysis.Runs.SelectMany(run => run.Run.Spreads).ToList();
        return Charts.Lines(
            analysis.Marked("Spread of the last layer's gradient over batches"), "voxels of the class in a batch",
            "standard deviation / mean",
            LossesOfBatches.All.Select((loss, i) =>
            {
                var own = spreads.Where(spread => spread.Loss == loss.Name).ToList();
                return new Series(
                    loss.Name, Palette.OfLoss(i), [.. own.Select(spread => spread.ObjectVoxels)],
                    [.. own.Select(spread => spread.RelativeSpread)],
                    Joined: false, Style: i);
            }),
            logX: true, logY: true);
    }

    /// <summary>The effect of one missed voxel by the size of its object.</summary>
    public static Plot VoxelErrors(IReadOnlyList<VoxelError> errors) => Charts.Lines(
        "One missed voxel, against a whole large object missed", "voxels of the object with the missed voxel",
        "part of the large object's effect",
        LossesOfBatches.All.Select((loss, i) =>
        {
            var own = errors.Where(error => error.Loss == loss.Name).ToList();
            return new Series(loss.Name, Palette.OfLoss(i), [.. own.Select(error => (double)error.ObjectVoxels)],
                [.. own.Select(error => error.Effect)], Style: i);
        }),
        logX: true, logY: true);

    /// <summary>Generalized Dice's weights.</summary>
    public static Plot Weights(Analysis analysis, IReadOnlyList<ClassWeightShare> weights)
    {
        var plot = Charts.Lines(
            "Generalized Dice's weights over the patches", "class", "part of the sum of the weights",
            weights.Select(weight => new Series(
                "", Palette.OfClass(weight.Class), [weight.Class, weight.Class, weight.Class], [weight.Low, weight.Median, weight.High],
                Style: 4)),
            logY: true);
        plot.Axes.Bottom.SetTicks(
            [.. weights.Select(weight => (double)weight.Class)], [.. analysis.Split.ClassNames.Select(Charts.Broken)]);
        return plot;
    }

    /// <summary>The colour of a loss.</summary>
    public static Color Colour(Analysis analysis, string loss) => Palette.OfLoss(Place(analysis, loss));

    private static int Place(Analysis analysis, string loss) => analysis.Settings.Losses.ToList().IndexOf(loss);

    /// <summary>The values of a run as means over windows of steps, few enough to be seen.</summary>
    private static (double Step, double Mean)[] Windows(double[] values)
    {
        const int Most = 40;
        return [.. values.Index().Chunk((values.Length + Most - 1) / Most)
            .Select(window => (window.Average(value => value.Index + 1.0), window.Average(value => value.Item)))];
    }

    /// <summary>The n-th records of several runs together, as far as all runs have them.</summary>
    private static List<List<T>> Moments<T>(List<T[]> runs) =>
        [.. Enumerable.Range(0, runs.Min(run => run.Length)).Select(moment => runs.Select(run => run[moment]).ToList())];
}
