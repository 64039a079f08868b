using ScottPlot;

namespace GpuLoss.Cli.Reporting;

/// <summary>
/// One colour per class and one per loss, the same in every picture: those of Okabe and Ito, which the colour-blind can tell apart, in an
/// order in which the first differ most. Losses have a mark and dashes of their own beside it.
/// </summary>
internal static class Palette
{
    private static readonly Color Orange = new("#E69F00"), Sky = new("#56B4E9"), Green = new("#009E73"), Yellow = new("#F0E442"),
        Blue = new("#0072B2"),
        Vermillion = new("#D55E00"), Purple = new("#CC79A7"), Black = new("#000000");

    private static readonly Color[] Classes = [Sky, Yellow, Blue, Vermillion, Purple, Orange, Green];
    private static readonly Color[] Losses = [Black, Orange, Blue, Vermillion, Sky, Purple, Green, Yellow];

    private static readonly MarkerShape[] Marks =
    [
        MarkerShape.FilledCircle, MarkerShape.FilledSquare, MarkerShape.FilledTriangleUp, MarkerShape.FilledDiamond,
        MarkerShape.FilledTriangleDown,
        MarkerShape.OpenSquare, MarkerShape.Cross, MarkerShape.Eks, MarkerShape.OpenTriangleUp, MarkerShape.OpenDiamond,
        MarkerShape.OpenCircle,
        MarkerShape.Asterisk, MarkerShape.HashTag, MarkerShape.OpenTriangleDown, MarkerShape.OpenCircleWithDot,
        MarkerShape.OpenCircleWithCross, MarkerShape.OpenCircleWithEks, MarkerShape.TriUp, MarkerShape.TriDown, MarkerShape.VerticalBar,
        MarkerShape.HorizontalBar,
    ];

    private static readonly string[] Patterns = ["", "9 4", "4 3", "9 3 2 3"];

    /// <summary>The colour of a voxel of a class that was taken for background.</summary>
    public static Color Missed => Blue;

    /// <summary>The colour of a voxel of the background that was taken for a class.</summary>
    public static Color Added => Vermillion;

    /// <summary>The colour of a voxel that was taken for another class.</summary>
    public static Color Confused => Yellow;

    /// <summary>The colour of a class from 1 up, and black for the background.</summary>
    public static Color OfClass(int @class) => @class == 0 ? Black : Classes[(@class - 1) % Classes.Length];

    /// <summary>The colour of a loss by its place in the comparison.</summary>
    public static Color OfLoss(int index) => Losses[index % Losses.Length];

    /// <summary>The mark of a loss, or of a class.</summary>
    public static MarkerShape Mark(int index) => Marks[index % Marks.Length];

    /// <summary>The number of different dashes.</summary>
    public static int DashPatterns => Patterns.Length;

    /// <summary>The dashes of a loss, as SVG writes them; empty where the line is whole.</summary>
    public static string Dashes(int index) => Patterns[index % Patterns.Length];
}
