using ScottPlot;

namespace GpuLoss.Cli.Reporting;

/// <summary>One colour per class, the same in every picture.</summary>
internal static class Palette
{
    private static readonly ScottPlot.Palettes.Category10 Colours = new ScottPlot.Palettes.Category10();

    /// <summary>The colour of a class from 1 up.</summary>
    public static Color OfClass(int @class) => Colours.GetColor(@class - 1);
}
