using System.Globalization;
using System.Net;
using System.Text;
using GpuLoss.Cli.Reporting;
using ScottPlot;

namespace GpuLoss.Cli.Comparing.Report;

/// <summary>The parts a page is made of. Every text goes through <see cref="Escape"/>.</summary>
internal static class Html
{
    /// <summary>A text that shows as it is.</summary>
    public static string Escape(string text) => WebUtility.HtmlEncode(text);

    /// <summary>A plot as an image in the page. An image runs no script and shares no identifiers with the others.</summary>
    public static string Figure(Plot plot, string caption)
    {
        using (plot)
        {
            var svg = Convert.ToBase64String(Encoding.UTF8.GetBytes(Svg(plot)));
            return $"""
                <figure><img class="plot" alt="{Escape(caption)}" width="{Charts.Width}" height="{Charts.Height}" src="data:image/svg+xml;base64,{svg}">
                <figcaption>{Escape(caption)}</figcaption></figure>

                """;
        }
    }

    /// <summary>A plot as SVG. The browser has to write its text with a font of its own.</summary>
    public static string Svg(Plot plot) => plot.GetSvgXml(Charts.Width, Charts.Height)
        .Replace($"font-family=\"{ReportFont.Name}\"", $"font-family=\"{ReportFont.CssFamilies}\"", StringComparison.Ordinal);

    /// <summary>A small picture, one pixel per voxel, shown larger.</summary>
    public static string Picture(byte[] png, string caption) => $"""
        <figure class="slice"><img class="voxels" alt="{Escape(caption)}" src="data:image/png;base64,{Convert.ToBase64String(png)}">
        <figcaption>{Escape(caption)}</figcaption></figure>

        """;

    /// <summary>A table whose first column names the row.</summary>
    public static string Table(string caption, IEnumerable<string> columns, IEnumerable<IEnumerable<string>> rows)
    {
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture, $"<div class=\"wide\"><table><caption>{Escape(caption)}</caption><thead><tr>");
        foreach (var column in columns)
            html.Append(CultureInfo.InvariantCulture, $"<th scope=\"col\">{Escape(column)}</th>");
        html.Append("</tr></thead><tbody>\n");
        foreach (var row in rows)
        {
            var cells = row.ToList();
            html.Append(CultureInfo.InvariantCulture, $"<tr><th scope=\"row\">{Escape(cells[0])}</th>");
            foreach (var cell in cells.Skip(1))
                html.Append(CultureInfo.InvariantCulture, $"<td>{Escape(cell)}</td>");
            html.Append("</tr>\n");
        }

        return html.Append("</tbody></table></div>\n").ToString();
    }

    /// <summary>A whole page. Its policy lets the browser load nothing that is not in it.</summary>
    public static string Page(string title, string body) => $$"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <link rel="icon" href="data:,">
        <title>{{Escape(title)}}</title>
        <style>
        body { font: 16px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 60rem; margin: 0 auto; padding: 1rem; }
        h1, h2 { line-height: 1.2; } h2 { margin-top: 2.5rem; border-bottom: 1px solid #ccc; }
        code, pre { font-family: ui-monospace, monospace; font-size: 0.85rem; overflow-wrap: anywhere; white-space: pre-wrap; }
        pre { background: #f4f4f4; padding: 0.75rem; }
        .conclusion { background: #eef4fb; padding: 0.5rem 1.5rem; border-left: 4px solid #4682b4; }
        .wide { overflow-x: auto; } table { border-collapse: collapse; margin: 1rem 0; font-size: 0.9rem; }
        caption { text-align: left; font-weight: 600; padding-bottom: 0.25rem; }
        th, td { padding: 0.2rem 0.7rem; border-bottom: 1px solid #ddd; text-align: right; } th[scope=row], th:first-child { text-align: left; white-space: nowrap; }
        figure { margin: 1rem 0; } figcaption { font-size: 0.85rem; color: #555; }
        img.plot { width: 100%; height: auto; }
        .slices { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: 0.75rem; } .slice { margin: 0; }
        img.voxels { width: 100%; image-rendering: pixelated; }
        .key span { display: inline-block; width: 0.8em; height: 0.8em; margin: 0 0.3em 0 1em; }
        @media print { body { max-width: none; font-size: 10pt; padding: 0; } figure, table, tr { break-inside: avoid; } h2 { break-after: avoid; } .wide { overflow: visible; } }
        </style>
        </head>
        <body>
        {{body}}
        </body>
        </html>

        """;
}
