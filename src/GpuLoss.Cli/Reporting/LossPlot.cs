using GpuLoss.Cli.Training;
using ScottPlot;

namespace GpuLoss.Cli.Reporting;

/// <summary>The loss of every step and its running mean.</summary>
internal static class LossPlot
{
    private const double Smoothing = 0.95;

    public static void Save(string path, string loss, IReadOnlyList<StepResult> steps)
    {
        using var plot = ReportFont.NewPlot();
        double[] numbers = [.. steps.Select(step => (double)step.Step)];
        var raw = plot.Add.Scatter(numbers, steps.Select(step => step.Loss).ToArray());
        (raw.MarkerSize, raw.LineWidth, raw.Color, raw.LegendText) = (0, 1, Colors.Gray, "each step");
        var smooth = plot.Add.Scatter(numbers, RunningMean(steps));
        (smooth.MarkerSize, smooth.LineWidth, smooth.Color, smooth.LegendText) = (0, 2, Palette.OfLoss(2), "running mean");
        plot.Title($"Loss: {loss}");
        plot.XLabel("step");
        plot.YLabel("loss of the patch");
        if (steps.Count > 0)
            plot.ShowLegend(Edge.Right);
        plot.SavePng(path, 900, 500);
    }

    /// <summary>An exponential mean without the pull of its start towards 0.</summary>
    private static double[] RunningMean(IReadOnlyList<StepResult> steps)
    {
        double sum = 0, weight = 0;
        return [.. steps.Select(step =>
        {
            sum = Smoothing * sum + step.Loss;
            weight = Smoothing * weight + 1;
            return sum / weight;
        })];
    }
}
