using System.Globalization;
using System.Net;
using System.Text;
using ScottPlot;

namespace GpuLoss.Cli.Comparing.Report;

/// <summary>The parts a page is made of. Every text goes through <see cref="Escape"/>.</summary>
internal static class Html
{
    private const string LightColours =
        "--ink: #222; --paper: #fff; --faint: #555; --line: #ccc; --box: #f4f4f4; --answer: #eef4fb; --edge: #0072b2;";

    private const string DarkColours =
        "--ink: #e6e6e6; --paper: #16181b; --faint: #b0b0b0; --line: #4a4d52; --box: #24272b; --answer: #1c2a38; --edge: #56b4e9;";

    private const string Column = "max-width: 60rem; margin: 0 auto; padding: 1rem;";
    private const string RowNames = "th[scope=row], th:first-child { text-align: left; white-space: nowrap; }";
    private const string SliceColumns = "repeat(auto-fill, minmax(9rem, 1fr))";
    private const string KeepsTogether = "figure, tr { break-inside: avoid; } h2, caption { break-after: avoid; }";

    /// <summary>A text that shows as it is.</summary>
    public static string Escape(string text) => WebUtility.HtmlEncode(text);

    /// <summary>A plot as an image in the page. An image runs no script and shares no identifiers with the others.</summary>
    public static string Figure(Plot plot, string caption)
    {
        using (plot)
        {
            var source = "data:image/svg+xml;base64," + Convert.ToBase64String(Encoding.UTF8.GetBytes(Charts.Svg(plot)));
            return $"""
                <figure><img class="plot" alt="{Escape(caption)}" width="{Charts.Width}" height="{Charts.Height}" src="{source}">
                <figcaption>{Escape(caption)}</figcaption></figure>

                """;
        }
    }

    /// <summary>A small picture, one pixel per voxel, shown larger, with the two directions it runs between.</summary>
    public static string Picture(byte[] png, string caption, (string Left, string Right) edges, double shape)
    {
        var ratio = shape.ToString("0.####", CultureInfo.InvariantCulture);
        var source = "data:image/png;base64," + Convert.ToBase64String(png);
        return $"""
            <figure class="slice"><img class="voxels" style="aspect-ratio: {ratio}" alt="{Escape(caption)}" src="{source}">
            <div class="edges"><span>{Escape(edges.Left)}</span><span>{Escape(edges.Right)}</span></div>
            <figcaption>{Escape(caption)}</figcaption></figure>

            """;
    }

    /// <summary>A heading that the contents lead to.</summary>
    public static string Heading(string title) => $"<h2 id=\"{Anchor(title)}\">{Escape(title)}</h2>\n";

    /// <summary>The contents of a page.</summary>
    public static string Contents(IEnumerable<string> titles)
    {
        var items = titles.Select(title => $"<li><a href=\"#{Anchor(title)}\">{Escape(title)}</a></li>");
        return $"<nav aria-label=\"Contents\"><ul>{string.Concat(items)}</ul></nav>\n";
    }

    private static string Anchor(string title) =>
        string.Concat(title.Select(letter => char.IsAsciiLetterOrDigit(letter) ? char.ToLowerInvariant(letter) : '-'));

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
        :root { color-scheme: light dark; {{LightColours}} }
        @media screen and (prefers-color-scheme: dark) {
            :root { {{DarkColours}} }
        }
        body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); {{Column}} }
        h1, h2 { line-height: 1.2; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
        a { color: inherit; } nav ul { columns: 2; padding-left: 1.2rem; }
        code, pre { font-family: ui-monospace, monospace; font-size: 0.85rem; overflow-wrap: anywhere; white-space: pre-wrap; }
        pre { background: var(--box); padding: 0.75rem; }
        .conclusion { background: var(--answer); padding: 0.5rem 1.5rem; border-left: 4px solid var(--edge); overflow-wrap: anywhere; }
        .answer { font-size: 1.1rem; }
        .wide { overflow-x: auto; } table { border-collapse: collapse; margin: 1rem 0; font-size: 0.9rem; }
        caption { text-align: left; font-weight: 600; padding-bottom: 0.25rem; }
        th, td { padding: 0.2rem 0.7rem; border-bottom: 1px solid var(--line); text-align: right; } {{RowNames}}
        figure { margin: 1rem 0; } figcaption { font-size: 0.85rem; color: var(--faint); }
        img.plot { width: 100%; height: auto; background: #fff; }
        .slices { display: grid; grid-template-columns: {{SliceColumns}}; gap: 0.75rem; align-items: end; } .slice { margin: 0; }
        .slice .edges { display: flex; justify-content: space-between; font-size: 0.75rem; color: var(--faint); }
        img.voxels { width: 100%; image-rendering: pixelated; }
        .key span { display: inline-block; width: 0.8em; height: 0.8em; margin: 0 0.3em 0 1em; }
        @media print {
            body { max-width: none; font-size: 10pt; padding: 0; } {{KeepsTogether}} nav { display: none; }
            .wide { overflow: visible; } table { width: 100%; font-size: 7.5pt; table-layout: auto; }
            th, td, th[scope=row], th:first-child { padding: 0.1rem 0.2rem; white-space: normal; overflow-wrap: anywhere; }
            .conclusion, .key span { print-color-adjust: exact; }
        }
        </style>
        </head>
        <body>
        {{body}}
        </body>
        </html>

        """;
}
