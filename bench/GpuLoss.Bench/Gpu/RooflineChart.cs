using System.Globalization;
using GpuLoss.Kernels.Objective;
using ScottPlot;

namespace GpuLoss.Bench.Gpu;

/// <summary>
/// What each contestant makes of the memory's speed: the bytes that a loss has to move, divided by the time taken, against the size of the
/// logits. The roof is a device copy; over it is only what stays in the level-2 cache.
/// </summary>
internal static class RooflineChart
{
    private const int Width = 1200;
    private const int Height = 700;
    private const int LeastExponent = -2;
    private const int MostExponent = 4;

    private static readonly (string Contestant, string Name, Color Colour)[] Peers =
    [
        ("compiled", "torch.compile of MONAI's Dice + CE", Colors.MediumSeaGreen),
        ("cross_entropy", "torch cross_entropy alone", Colors.Gray),
        ("monai", "MONAI's Dice + CE, eager", Colors.DarkOrange), ("nnunet", "nnU-Net's Dice + CE, eager", Colors.IndianRed),
    ];

    public static void Save(string path, GpuMachine machine, GpuTimesResult times, PeerTimes? peers)
    {
        using var plot = new Plot();
        foreach (var type in times.Times.GroupBy(time => time.Logits))
            Add(plot, $"GpuLoss, Dice + CE, {type.Key}", type.Key == LogitsType.Float32 ? Colors.SteelBlue : Colors.MediumPurple, type,
                time => time.Both.MedianMs);
        foreach (var (contestant, name, colour) in Peers)
        {
            var measured = (peers?.Times ?? []).Where(peer => peer.Contestant == contestant && peer.MedianMs != null)
                .ToDictionary(peer => (peer.Case, peer.Logits), peer => peer.MedianMs!.Value);
            Add(
                plot, name, colour, times.Times.Where(time => measured.ContainsKey(Key(time))),
                time => measured[Key(time)]);
        }

        var roof = plot.Add.HorizontalLine(Math.Log10(times.Copy), 2, Colors.Black, LinePattern.Dashed);
        roof.LegendText = string.Create(CultureInfo.InvariantCulture, $"device copy, {times.Copy:F0} GB/s");
        plot.Title($"Forward and gradient on {machine.Gpu.Split(',')[0]}, {machine.Date}");
        plot.XLabel("logits, MB");
        plot.YLabel("3 x logits + 2 x labels, GB/s");
        double[] ticks = [.. Enumerable.Range(LeastExponent, MostExponent - LeastExponent + 1)];
        string[] labels = [.. ticks.Select(tick => Math.Pow(10, tick).ToString(CultureInfo.InvariantCulture))];
        plot.Axes.Bottom.SetTicks(ticks, labels);
        plot.Axes.Left.SetTicks(ticks, labels);
        plot.ShowLegend(Edge.Right);
        plot.SavePng(path, Width, Height);
    }

    private static (string, string) Key(GpuTime time) => (time.Case.ToString(), time.Logits.ToString().ToLowerInvariant());

    private static void Add(Plot plot, string name, Color colour, IEnumerable<GpuTime> times, Func<GpuTime, double> milliseconds)
    {
        var points = times.Select(time => new Coordinates(
            Math.Log10(LogitsMegabytes(time)), Math.Log10(time.Bytes / milliseconds(time) / 1e6))).OrderBy(point => point.X).ToArray();
        if (points.Length == 0)
            return;
        var scatter = plot.Add.ScatterPoints(points);
        (scatter.LegendText, scatter.Color, scatter.MarkerSize) = (name, colour, 9);
    }

    private static double LogitsMegabytes(GpuTime time) =>
        (double)time.Case.LogitsBytes / sizeof(float) * ElementTypes.SizeOf(time.Logits) / 1e6;
}
