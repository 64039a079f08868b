using System.Globalization;
using System.Text;
using GpuLoss.Kernels.Host;
using ScottPlot;

namespace GpuLossTests;

/// <summary>The measured accuracy as Markdown and a chart.</summary>
internal static class AccuracyReport
{
    private const string Name = "accuracy";
    private const int Width = 900;
    private const int Height = 540;

    /// <summary>Writes accuracy.md and accuracy.png.</summary>
    public static void Write(string folder, IReadOnlyList<AccuracyRow> rows, IReadOnlyList<VoxelSweep> sweep)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, Name + ".md"), Text(rows, sweep));
        SaveChart(Path.Combine(folder, Name + ".png"), sweep);
    }

    private static string Text(IReadOnlyList<AccuracyRow> rows, IReadOnlyList<VoxelSweep> sweep)
    {
        var text = new StringBuilder();
        var processor = File.ReadLines("/proc/cpuinfo").First(line => line.StartsWith("model name", StringComparison.Ordinal))
            .Split(':')[1].Trim();
        text.AppendLine("# Accuracy of the losses on the CPU").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture,
            $"{processor}, libtorch {torch.__version__}, .NET {Environment.Version}, {DateTime.UtcNow:yyyy-MM-dd}.").AppendLine();
        text.AppendLine("## Largest errors against float64").AppendLine();
        text.AppendLine("Value: the relative error of the loss. Gradient: its largest error, relative to its largest entry; "
            + "with 16-bit logits that is the rounding to their type,");
        text.AppendLine("of a loss scaled to where float16 has all of its digits.");
        text.AppendLine("The largest over three volumes of random logits with standard deviations of 0.5, 3 and 10, five classes, "
            + "weighted where the loss knows weights.").AppendLine();
        var widths = rows.Select(row => row.Registers).Distinct().OrderDescending().ToArray();
        var columns = widths.Select(width => $"value, {Bits(width)} | gradient, {Bits(width)}");
        text.AppendLine($"| Loss | Logits | {string.Join(" | ", columns)} |");
        text.AppendLine($"| --- | --- |{string.Concat(Enumerable.Repeat(" --- |", 2 * widths.Length))}");
        foreach (var group in rows.GroupBy(row => (row.Loss, row.Type)))
        {
            var cells = widths.Select(width => group.First(row => row.Registers == width))
                .Select(row => $"{Error(row.Value)} | {Error(row.Gradient)}");
            text.AppendLine($"| {group.Key.Loss} | {group.Key.Type} | {string.Join(" | ", cells)} |");
        }

        text.AppendLine().AppendLine("## Dice + cross-entropy against the number of voxels").AppendLine();
        text.AppendLine("Relative error of the value, float32 logits, three classes. "
            + "Eager: softmax, one-hot, sums and cross-entropy of torch in float32. Padded: nine voxels in");
        text.AppendLine("ten are alike, so that roundings add up instead of cancelling.").AppendLine();
        text.AppendLine("| Voxels | fused | eager | fused, padded | eager, padded |");
        text.AppendLine("| --- | --- | --- | --- | --- |");
        foreach (var pair in sweep.GroupBy(point => point.Voxels))
        {
            var (random, padded) = (pair.Single(point => !point.IsPadded), pair.Single(point => point.IsPadded));
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {pair.Key:N0} | {Error(random.Fused)} | {Error(random.Eager)} | {Error(padded.Fused)} | {Error(padded.Eager)} |");
        }

        return text.ToString();
    }

    private static void SaveChart(string path, IReadOnlyList<VoxelSweep> sweep)
    {
        using var plot = new Plot();
        void Add(string name, bool isPadded, Color color, Func<VoxelSweep, double> error)
        {
            // float32 cannot show an error below its own rounding, and its logarithm may not exist.
            var points = sweep.Where(point => point.IsPadded == isPadded).ToArray();
            var line = plot.Add.Scatter(
                points.Select(point => Math.Log10(point.Voxels)).ToArray(),
                points.Select(point => Math.Log10(Math.Max(error(point), 1e-9))).ToArray());
            (line.LegendText, line.Color, line.LineWidth, line.MarkerSize) = (name, color, 2, 6);
            line.LinePattern = isPadded ? LinePattern.Dashed : LinePattern.Solid;
        }

        Add("GpuLoss", isPadded: false, Colors.SteelBlue, point => point.Fused);
        Add("GpuLoss, padded", isPadded: true, Colors.SteelBlue, point => point.Fused);
        Add("torch eager", isPadded: false, Colors.DarkOrange, point => point.Eager);
        Add("torch eager, padded", isPadded: true, Colors.DarkOrange, point => point.Eager);
        static string Power(double exponent) => $"1e{exponent:0}";
        plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic { LabelFormatter = Power, IntegerTicksOnly = true };
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic { LabelFormatter = Power, IntegerTicksOnly = true };
        plot.Title("Dice + cross-entropy in float32: relative error against float64");
        plot.XLabel("voxels");
        plot.YLabel("relative error");
        plot.ShowLegend(Alignment.LowerLeft);
        plot.SavePng(path, Width, Height);
    }

    private static string Bits(HostRegisters registers) => $"{registers.ToString().Replace("Vector", "", StringComparison.Ordinal)} bits";

    private static string Error(double error) => error == 0 ? "0" : error.ToString("0.0E0", CultureInfo.InvariantCulture);
}
