using ScottPlot;
using SkiaSharp;

namespace GpuLoss.Cli.Reporting;

/// <summary>
/// The font of all charts and pictures, DejaVu Sans, which is part of the program: a minimal system has none, and text without a font is
/// left out without a word.
/// </summary>
internal sealed class ReportFont : IFontResolver
{
    /// <summary>The family.</summary>
    public const string Name = "DejaVu Sans";

    /// <summary>The families a browser takes in its place, those of the same widths first.</summary>
    public const string CssFamilies = "DejaVu Sans, Verdana, sans-serif";

    private const string Resource = "DejaVuSans.ttf";

    static ReportFont()
    {
        using var stream = typeof(ReportFont).Assembly.GetManifestResourceStream(Resource)!;
        Typeface = SKTypeface.FromStream(stream);
        Fonts.FontResolvers.Insert(0, new ReportFont());
        Fonts.Default = Name;
    }

    /// <summary>The font.</summary>
    public static SKTypeface Typeface { get; }

    /// <summary>An empty plot that writes with the font.</summary>
    public static Plot NewPlot()
    {
        _ = Typeface;
        return new Plot();
    }

    public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) => fontName == Name ? Typeface : null;

    public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) =>
        fontName == Name ? Typeface : null;
}
