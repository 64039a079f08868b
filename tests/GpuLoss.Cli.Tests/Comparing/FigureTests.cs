using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using GpuLoss.Cli.Comparing.Explaining;
using GpuLoss.Cli.Comparing.Measures;
using GpuLoss.Cli.Comparing.Report;
using GpuLoss.Cli.Reporting;
using GpuLoss.Cli.Training;
using ScottPlot;

namespace GpuLoss.Cli.Tests.Comparing;

/// <summary>Every figure is looked into: its titles, its ticks, and a mark for every datum.</summary>
public sealed partial class FigureTests
{
    private static readonly Analysis Analysis =
        SyntheticComparison.Of(("kidney", "cyst"), "scan", ["ce", "dice"], (loss, seed) => (loss == "ce" ? 50 : 80) + seed);
    private static readonly VoxelError[] Errors = [new("batch Dice", 1, 0.5), new("batch Dice", 16, 0.25), new("cross-entropy", 4, 0.01)];
    private static readonly ClassWeightShare[] Weights =
        [new(0, 0, 1e-6, 1e-5, 1e-4), new(1, 0, 0.01, 0.1, 0.2), new(2, 0.5, 0.5, 0.9, 0.99)];

    /// <summary>The figures: name, axis titles, ticks that are there, and the number of marks.</summary>
    public static TheoryData<string, string, string, string[], int> All => new()
    {
        { "FinalDice", "class", "Dice on the validation data", ["kidney", "cyst", "foreground", "mean", "0.5", "ce", "dice"],
            2 * 3 + 2 * 3 * 3 + 2 },
        { "DiceOverTraining", "step", "validation Dice, mean over seeds", ["5", "10", "ce", "dice"], 2 * 2 + 2 },
        { "TrainingLoss", "step", "loss of the patches, mean over seeds", ["5", "1", "ce", "dice"], 2 * 10 + 2 },
        { "Shares", "step", "share of the gradient (dotted: of the voxels)", ["10", "background", "kidney", "cyst"], 3 + 3 },
        { "Spreads", "voxels of the class in a batch", "standard deviation / mean", ["batch Dice", "1", "10"], 6 + 1 },
        { "VoxelErrors", "voxels of the object with the missed voxel", "part of the large object's effect",
            ["batch Dice", "cross-entropy", "0.01", "10"], 3 + 2 },
        { "Weights", "class", "part of the sum of the weights", ["background", "kidney", "cyst", "1", "1e-6"], 9 },
    };

    [Theory]
    [MemberData(nameof(All))]
    public void A_figure_has_its_titles_its_ticks_and_a_mark_for_every_datum(string figure, string x, string y, string[] texts, int marks)
    {
        using var plot = Draw(figure);
        var svg = XDocument.Parse(Charts.Svg(plot));
        var written = svg.Descendants().Where(element => element.Name.LocalName == "text").ToList();
        var all = written.Select(element => string.Concat(element.DescendantNodes().OfType<XText>().Select(text => text.Value)).Trim())
            .ToList();
        Assert.Contains(x, all);
        Assert.Contains(y, all);
        Assert.All(texts, text => Assert.Contains(text, all));
        Assert.All(written, element => Assert.Equal(ReportFont.CssFamilies, element.Attribute("font-family")?.Value));
        Assert.Equal(figure is "DiceOverTraining" or "TrainingLoss" or "VoxelErrors" or "Shares",
            svg.Descendants().Any(element => element.Attribute("stroke-dasharray") != null));
        Assert.True(Marks(svg) == marks, $"{figure}: {Marks(svg)} marks, not {marks}");
    }

    [Fact]
    public void Where_data_are_a_picture_is_not_of_one_colour()
    {
        foreach (var figure in All.Select(row => row.Data.Item1))
        {
            using var plot = Draw(figure);
            using var picture = SkiaSharp.SKBitmap.Decode(plot.GetImageBytes(Charts.Width, Charts.Height, ImageFormat.Png));
            Assert.True(Colours(picture, plot.LastRender.DataRect) > 3, figure);
        }

        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".png");
        LossPlot.Save(path, "dice", [.. Enumerable.Range(1, 20).Select(step => new StepResult(step, 1.0 / step, 1, 0.1, 1e-3, []))]);
        using var loss = SkiaSharp.SKBitmap.Decode(path);
        File.Delete(path);
        Assert.True(Colours(loss, new PixelRect(100, 600, 400, 100)) > 3);
    }

    /// <summary>In a namespace of mounts with an empty folder of fonts, and fontconfig pointed at nothing.</summary>
    [Fact]
    public void Without_system_fonts_figures_keep_their_text()
    {
        const string Marker = "GPULOSS_TEST_WITHOUT_FONTS";
        Assert.SkipWhen(Environment.GetEnvironmentVariable(Marker) != null, "This is the run without fonts.");
        Assert.SkipUnless(OperatingSystem.IsLinux() && Run("true").ExitCode == 0, "Namespaces of mounts cannot be made here.");
        var program = typeof(FigureTests).Assembly.Location;
        var results = Directory.CreateTempSubdirectory("gpuloss-no-fonts-").FullName;
        var (exitCode, output) =
            Run($"exec dotnet exec '{program}' --filter-class '*.FigureTests' --results-directory '{results}' --progress off");
        Directory.Delete(results, recursive: true);
        Assert.True(exitCode == 0, output);
        Assert.Contains("succeeded: 8", output, StringComparison.Ordinal);

        static (int ExitCode, string Output) Run(string command)
        {
            using var process = Process.Start(new ProcessStartInfo(
                "unshare", ["-r", "-m", "sh", "-c", $"mount -t tmpfs none /usr/share/fonts && {command}"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["FONTCONFIG_FILE"] = "/nonexistent", ["FONTCONFIG_PATH"] = "/nonexistent", [Marker] = "1" },
            })!;
            var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output + error.Result);
        }
    }

    private static Plot Draw(string figure) => figure switch
    {
        "FinalDice" => ComparisonCharts.FinalDice(Analysis),
        "DiceOverTraining" => ComparisonCharts.DiceOverTraining(Analysis, 1),
        "TrainingLoss" => ComparisonCharts.TrainingLoss(Analysis),
        "Shares" => ComparisonCharts.Shares(Analysis, "Dice", share => share.Dice),
        "Spreads" => ComparisonCharts.Spreads(Analysis),
        "VoxelErrors" => ComparisonCharts.VoxelErrors(Errors),
        _ => ComparisonCharts.Weights(Analysis, Weights),
    };

    /// <summary>Shapes as large as a mark: not the lines, the ticks, the bands and the frames.</summary>
    private static int Marks(XDocument svg) => svg.Descendants().Count(element => element.Name.LocalName switch
    {
        "ellipse" => true,
        "rect" => element.Attribute("width")?.Value is "7" or "12"
            && element.Attribute("width")?.Value == element.Attribute("height")?.Value,
        "path" => IsMark([.. Number().Matches(element.Attribute("d")!.Value)
            .Select(match => double.Parse(match.Value, CultureInfo.InvariantCulture))]),
        _ => false,
    });

    private static bool IsMark(double[] coordinates)
    {
        if (coordinates.Length < 6)
            return false;
        var (x, y) = (coordinates.Where((_, i) => i % 2 == 0).ToList(), coordinates.Where((_, i) => i % 2 == 1).ToList());
        var (width, height) = (x.Max() - x.Min(), y.Max() - y.Min());
        return width is > 4 and < 14 && height is > 4 and < 14;
    }

    [GeneratedRegex("-?[0-9.]+(e-?[0-9]+)?")]
    private static partial Regex Number();

    private static int Colours(SkiaSharp.SKBitmap picture, PixelRect part)
    {
        var colours = new HashSet<SkiaSharp.SKColor>();
        for (var y = (int)part.Top; y < part.Bottom; y++)
        {
            for (var x = (int)part.Left; x < part.Right; x++)
                colours.Add(picture.GetPixel(x, y));
        }

        return colours.Count;
    }
}
