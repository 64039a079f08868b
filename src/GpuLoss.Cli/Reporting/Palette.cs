using ScottPlot;

namespace GpuLoss.Cli.Reporting;

/// <summary>One colour per class and one per loss, the same in every picture.</summary>
internal static class Palette
{
    private static readonly ScottPlot.Palettes.Category10 Classes = new();
    private static readonly ScottPlot.Palettes.Category10 Losses = new();

    /// <summary>The colour of a class from 1 up, and grey for the background.</summary>
    public static Color OfClass(int @class) => @class == 0 ? Colors.Gray : Classes.GetColor(@class - 1);

    /// <summary>The colour of a loss by its place in the comparison.</summary>
    public static Color OfLoss(int index) => Losses.GetColor(index);
}
