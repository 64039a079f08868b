using GpuLoss.Cli.Comparing;
using GpuLoss.Cli.Comparing.Measures;
using GpuLoss.Cli.Volumes;
using TorchSharp;

namespace GpuLoss.Cli.Tests.Comparing;

/// <summary>A comparison whose results are made up: class 1 has 100 voxels of which each run finds some.</summary>
internal static class SyntheticComparison
{
    private static readonly GridSize Size = new(10, 10, 4);

    /// <summary>An analysis of two classes; of the second, nothing is ever found.</summary>
    /// <param name="names">The names of the two classes.</param>
    /// <param name="source">The name of the data.</param>
    /// <param name="losses">The losses, the reference first.</param>
    /// <param name="found">The voxels of class 1 that a run of a loss and a seed finds, or null where there is no such run.</param>
    /// <param name="seeds">The number of seeds.</param>
    public static Analysis Of(
        (string First, string Second) names, string source, string[] losses, Func<string, int, int?> found, int seeds = 3)
    {
        var labels = new byte[Size.Voxels];
        labels.AsSpan(0, 100).Fill(1);
        labels.AsSpan(100, 50).Fill(2);
        var volume = new LabelledVolume(
            source, Size, 2, [.. labels.Select((label, i) => label + 0.01f * i)], labels, ["background", names.First, names.Second]);
        var split = new DataSplit([volume], [volume with { Source = source + " 2" }], null, "by volume");
        var settings = new ComparisonSettings(
            losses, 1, seeds, 10, TimeSpan.FromMinutes(1), EqualShare.Steps, PatchSide: 16, LearningRate: 1e-3, Sweep: false,
            DeviceType.CPU);
        var runs = losses.SelectMany(loss => settings.AllSeeds.Select(seed => (loss, seed, Found: found(loss, seed))))
            .Where(run => run.Found != null).Select(run => Run(run.loss, run.seed, run.Found!.Value)).ToList();
        return new Analysis(split, settings, new ExperimentState("", new RunLength(10, null, "equal steps, 10 a run"), [], runs));
    }

    /// <summary>Dice of class 1 where some of its 100 voxels are found and nothing else is.</summary>
    public static double Dice(int found) => 2.0 * found / (100 + found);

    /// <summary>An analysis whose measures are made up: Dice by loss, seed, validation volume and class from 1.</summary>
    public static Analysis Measured(
        string[] losses, string[] classes, int seeds, int volumes, Func<string, int, int, int, double> dice, double[]? shares = null)
    {
        string[] names = ["background", .. classes];
        var volume = new LabelledVolume(
            "scan", new GridSize(names.Length, 1, 1), 1, new float[names.Length], [.. names.Select((_, c) => (byte)c)], names);
        var split = new DataSplit(
            [volume], [.. Enumerable.Range(0, volumes).Select(i => volume with { Source = $"other {i}" })], null, "by volume");
        var settings = new ComparisonSettings(
            losses, 1, seeds, 10, TimeSpan.FromMinutes(1), EqualShare.Steps, PatchSide: 16, LearningRate: 1e-3, Sweep: false,
            DeviceType.CPU);
        var runs = losses.SelectMany(loss => settings.AllSeeds.Select(seed => new MeasuredRun(
            Run(loss, seed, 0) with
            {
                Shares = shares is null ? []
                : [new GradientShare(10, shares[..2], shares[2..4], shares[4..6], shares[4..6])]
            }, [],
            [
                .. Enumerable.Range(0, volumes).Select(v => (IReadOnlyList<ClassMeasures>)
                    [.. names.Select((_, c) => new ClassMeasures(c == 0 ? 1 : dice(loss, seed, v, c), null, null, null, null))]),
            ])));
        return new Analysis(split, settings, new ExperimentState("", new RunLength(10, null, "equal steps, 10 a run"), [], []), [.. runs]);
    }

    private static CompletedRun Run(string loss, int seed, int found)
    {
        var predicted = new byte[Size.Voxels];
        predicted.AsSpan(0, found).Fill(1);
        double[] thirds = [1.0 / 3, 1.0 / 3, 1.0 / 3];
        return new CompletedRun(
            loss, seed, 1e-3, 10, Seconds: 20, LossSeconds: 1, "0123456789ABCDEF", "0123456789ABCDEF", [.. Enumerable.Repeat(1.0, 10)],
            [new Checkpoint(5, 10, [0.9, 0.6, 0]), new Checkpoint(10, 20, [0.9, 1, 0.2])],
            [new GradientShare(10, thirds, thirds, thirds, thirds)],
            [new GradientSpread("batch Dice", 1, 12, 4, 0.5)], [PackedLabels.Pack(predicted)]);
    }
}
