using System.Globalization;
using System.Text;
using GpuLoss.Cli.Reporting;
using ScottPlot;
using Palette = GpuLoss.Cli.Reporting.Palette;

namespace GpuLoss.Cli.Comparing.Report;

/// <summary>One row of points with a name.</summary>
/// <param name="Name">What the legend calls it.</param>
/// <param name="Colour">Its colour.</param>
/// <param name="X">Positions along x, in units of the axis.</param>
/// <param name="Y">Positions along y.</param>
/// <param name="Joined">Whether a line joins the points.</param>
/// <param name="Style">Its mark and dashes, by the place of the loss or class.</param>
/// <param name="IsReference">Whether it is a thin dotted line without marks, which the others are looked at against.</param>
/// <param name="Band">The lowest and the highest of the seeds, drawn as a band.</param>
internal sealed record Series(
    string Name, Color Colour, double[] X, double[] Y, bool Joined = true, int Style = 0, bool IsReference = false,
    (double[] Low, double[] High)? Band = null);

/// <summary>Draws plots as SVG.</summary>
internal static class Charts
{
    public const int Width = 760;
    public const int Height = 420;

    /// <summary>The width of a line stands for its dashes: Skia writes none into an SVG, so that <see cref="Svg"/> puts them in by
    /// it.</summary>
    private const float ReferenceWidth = 1 + WidthStep;

    private const float WidthStep = 1 / 16f;

    private static readonly CompositeFormat Stroke = CompositeFormat.Parse("stroke-width=\"{0}\"");

    /// <summary>A plot as SVG. The browser has to write its text with a font of its own.</summary>
    public static string Svg(Plot plot)
    {
        var svg = plot.GetSvgXml(Width, Height)
            .Replace($"font-family=\"{ReportFont.Name}\"", $"font-family=\"{ReportFont.CssFamilies}\"", StringComparison.Ordinal);
        for (var style = 1; style < Palette.DashPatterns; style++)
            svg = Dashed(svg, WidthOf(style), Palette.Dashes(style));
        return Dashed(svg, ReferenceWidth, "1 3");
    }

    /// <summary>Points and lines, on linear or logarithmic axes. Points that a logarithmic axis has no place for are left out.</summary>
    public static Plot Lines(string title, string x, string y, IEnumerable<Series> series, bool logX = false, bool logY = false)
    {
        var plot = ReportFont.NewPlot();
        foreach (var row in series)
        {
            if (row.Band is { } band)
                AddBand(plot, row, band, logX, logY);
            var points = row.X.Zip(row.Y).Where(point => Fits(point.First, logX) && Fits(point.Second, logY)).ToList();
            if (points.Count == 0)
                continue;
            var drawn = plot.Add.Scatter(
                points.Select(point => Place(point.First, logX)).ToArray(), points.Select(point => Place(point.Second, logY)).ToArray());
            (drawn.Color, drawn.LegendText, drawn.MarkerSize, drawn.MarkerShape) =
                (row.Colour, row.Name, row.IsReference ? 0 : 7, Palette.Mark(row.Style));
            drawn.LineWidth = row.IsReference ? ReferenceWidth : row.Joined ? WidthOf(row.Style) : 0;
        }

        if (logX)
            plot.Axes.Bottom.TickGenerator = Decades(plot.GetPlottables().Select(plottable => plottable.GetAxisLimits().HorizontalRange));
        if (logY)
            plot.Axes.Left.TickGenerator = Decades(plot.GetPlottables().Select(plottable => plottable.GetAxisLimits().VerticalRange));
        Label(plot, title, x, y);
        return plot;
    }

    /// <summary>Dice of several losses side by side, group by group: a small mark for every seed, a large one for the mean.</summary>
    /// <param name="title">The title.</param>
    /// <param name="groups">The names of the groups.</param>
    /// <param name="losses">Name, colour, and the values of every group.</param>
    public static Plot Groups(
        string title, IReadOnlyList<string> groups, IReadOnlyList<(string Name, Color Colour, IReadOnlyList<double[]> Values)> losses)
    {
        const double GroupWidth = 0.8;
        var plot = ReportFont.NewPlot();
        for (var i = 0; i < losses.Count; i++)
        {
            var (name, colour, values) = losses[i];
            var offset = GroupWidth * ((i + 0.5) / losses.Count - 0.5);
            var means = plot.Add.Scatter(
                Enumerable.Range(0, groups.Count).Where(group => values[group].Length > 0).Select(group => group + offset).ToArray(),
                values.Where(group => group.Length > 0).Select(group => group.Average()).ToArray());
            (means.Color, means.LineWidth, means.MarkerSize, means.MarkerShape, means.LegendText) = (colour, 0, 12, Palette.Mark(i), name);
            var seeds = plot.Add.Scatter(
                values.SelectMany((group, index) => group.Select(_ => index + offset)).ToArray(),
                values.SelectMany(group => group).ToArray());
            (seeds.Color, seeds.LineWidth, seeds.MarkerSize, seeds.MarkerShape) = (Colors.Black, 0, 5, MarkerShape.OpenCircle);
        }

        plot.Axes.Bottom.SetTicks([.. Enumerable.Range(0, groups.Count).Select(group => (double)group)], [.. groups.Select(Broken)]);
        plot.Axes.SetLimitsX(-0.5, groups.Count - 0.5);
        Label(plot, title, "class", "Dice on the validation data");
        plot.Axes.SetLimitsY(-0.02, 1);
        return plot;
    }

    private static void Label(Plot plot, string title, string x, string y)
    {
        plot.Title(title, 16);
        plot.XLabel(x, 13);
        plot.YLabel(y, 13);
        (plot.Axes.Bottom.Label.Bold, plot.Axes.Left.Label.Bold, plot.Axes.Title.Label.Bold) = (false, false, false);

        // A legend without items takes the whole place of the plot (ScottPlot 5.1.59).
        if (plot.GetPlottables().SelectMany(plottable => plottable.LegendItems).Any(item => !string.IsNullOrEmpty(item.LabelText)))
            plot.ShowLegend(Edge.Right);
    }

    /// <summary>A name on several lines, so that names side by side do not touch.</summary>
    public static string Broken(string name) =>
        name.Replace(" ", "\n", StringComparison.Ordinal).Replace("+", "+\n", StringComparison.Ordinal);

    private static float WidthOf(int style) => 2 + style % Palette.DashPatterns * WidthStep;

    private static string Dashed(string svg, float width, string dashes)
    {
        var stroke = string.Format(CultureInfo.InvariantCulture, Stroke, width);
        return svg.Replace(stroke, $"{stroke} stroke-dasharray=\"{dashes}\"", StringComparison.Ordinal);
    }

    private static void AddBand(Plot plot, Series row, (double[] Low, double[] High) band, bool logX, bool logY)
    {
        var points = Enumerable.Range(0, row.X.Length)
            .Where(i => Fits(row.X[i], logX) && Fits(band.Low[i], logY) && Fits(band.High[i], logY))
            .Select(i => (Place(row.X[i], logX), Place(band.Low[i], logY), Place(band.High[i], logY))).ToList();
        if (points.Count < 2)
            return;
        var drawn = plot.Add.FillY(points);
        (drawn.FillColor, drawn.LineWidth) = (row.Colour.WithAlpha(0.15), 0);
    }

    private static bool Fits(double value, bool log) => double.IsFinite(value) && (!log || value > 0);

    private static double Place(double value, bool log) => log ? Math.Log10(value) : value;

    /// <summary>A tick at every power of ten that is needed, few enough to be read.</summary>
    private static ScottPlot.TickGenerators.NumericManual Decades(IEnumerable<CoordinateRange> ranges)
    {
        const int MostTicks = 8;
        var all = ranges.ToList();
        var (first, last) = all.Count > 0 ? ((int)Math.Floor(all.Min(range => range.Min)), (int)Math.Ceiling(all.Max(range => range.Max)))
            : (0, 1);
        var stride = (last - first) / MostTicks + 1;
        var ticks = new ScottPlot.TickGenerators.NumericManual();
        for (var power = first; power <= last; power += stride)
            ticks.AddMajor(power,
                power is >= -3 and <= 6 ? Math.Pow(10, power).ToString("#,0.###", CultureInfo.InvariantCulture) : $"1e{power}");
        return ticks;
    }
}
