using System.Globalization;
using GpuLoss.Cli.Benchmarking;
using GpuLoss.Cli.Reporting;
using ScottPlot;

namespace GpuLoss.Bench.Host;

/// <summary>The times of Dice + cross-entropy as bars on a logarithmic axis, one panel per setting of malloc.</summary>
internal static class HostChart
{
    private const int Width = 1200;
    private const int PanelHeight = 400;
    private const double BarWidth = 0.28;

    /// <summary>Where bars begin, in ms.</summary>
    private const double Least = 0.1;

    /// <summary>Room for the legend above the bars, in decades.</summary>
    private const double LegendHeight = 0.7;

    private static readonly (string Name, Color Colour, Func<CaseTimes, Measurement?> Of)[] Series =
    [
        ("GpuLoss, Dice + cross-entropy", Colors.SteelBlue, times => times.Of(LossContest.Fused)),
        ("torch cross_entropy alone", Colors.Gray, times => times.Of(LossContest.CrossEntropy)),
        ("torch eager, Dice + cross-entropy", Colors.DarkOrange, times => times.Eager()),
    ];

    public static void Save(string path, HostResults results)
    {
        var panels = new Multiplot();
        var settings = results.Times.GroupBy(times => times.Malloc).ToArray();
        panels.AddPlots(settings.Length);
        panels.Layout = new ScottPlot.MultiplotLayouts.Rows();
        var heights = results.Times.SelectMany(times => Series.Select(series => Height(series.Of(times)!.MedianMs)));
        var decades = (int)Math.Ceiling(heights.Max());
        for (var i = 0; i < settings.Length; i++)
            Draw(panels.GetPlot(i), [.. settings[i]], results.Machine, decades);
        panels.SavePng(path, Width, PanelHeight * settings.Length);
    }

    private static void Draw(Plot plot, CaseTimes[] cases, MachineFacts machine, int decades)
    {
        for (var s = 0; s < Series.Length; s++)
        {
            var (name, colour, of) = Series[s];
            var offset = (s - (Series.Length - 1) / 2.0) * BarWidth;
            var bars = plot.Add.Bars(cases.Select((times, i) => BarOf(of(times)!.MedianMs, i + offset, colour)).ToArray());
            bars.LegendText = name;
        }

        plot.Title($"Loss and gradient: {machine.Processor}, {machine.Threads} threads, {cases[0].Malloc} malloc, {machine.Date}");
        plot.YLabel("ms, median (less is better)");
        plot.Axes.Bottom.SetTicks([.. cases.Select((_, i) => (double)i)], [.. cases.Select(times => Label(times.Case))]);
        double[] ticks = [.. Enumerable.Range(0, decades + 1)];
        plot.Axes.Left.SetTicks(ticks, [.. ticks.Select(tick => Show(Least * Math.Pow(10, tick)))]);
        plot.HideGrid();
        plot.Axes.SetLimits(-0.6, cases.Length - 0.4, 0, decades + LegendHeight);
        plot.ShowLegend(Alignment.UpperLeft, Orientation.Horizontal);
    }

    private static Bar BarOf(double time, double position, Color colour) => new()
    {
        Position = position,
        Value = Height(time),
        Size = BarWidth * 0.9,
        FillColor = colour,
        LineWidth = 0,
        Label = Show(time),
    };

    /// <summary>Where a time lies on the axis, in decades.</summary>
    private static double Height(double time) => Math.Log10(time / Least);

    private static string Label(LogitsCase @case) => string.Create(CultureInfo.InvariantCulture, $"{@case.Classes} classes, {@case.Side}³");

    /// <summary>Two digits, or all of a larger number.</summary>
    private static string Show(double time) => time.ToString(time < 1 ? "0.##" : time < 10 ? "0.#" : "0", CultureInfo.InvariantCulture);
}
