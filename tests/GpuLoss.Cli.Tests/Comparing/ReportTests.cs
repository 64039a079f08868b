using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using GpuLoss.Cli.Comparing.Report;

namespace GpuLoss.Cli.Tests.Comparing;

/// <summary>The files of a comparison: names that could be mistaken for markup, and a browser that is asked.</summary>
public sealed partial class ReportTests : IDisposable
{
    private const string Nasty = "<script>alert('1')</script>&\"";
    private const string Command = "gpuloss compare --out 'a<b>&c'";
    private static readonly ReportedCommands Commands = new(Command, Command + " --budget none");

    private readonly string folder = Directory.CreateTempSubdirectory("gpuloss-report-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Names_are_text_and_never_markup()
    {
        var page = Write();
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("a<b>", page, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;", page, StringComparison.Ordinal);
        foreach (Match plot in Plot().Matches(page))
        {
            var svg = Encoding.UTF8.GetString(Convert.FromBase64String(plot.Groups[1].Value));
            Assert.DoesNotContain("<script", svg, StringComparison.OrdinalIgnoreCase);
            System.Xml.Linq.XDocument.Parse(svg);
        }
    }

    [Fact]
    public void The_page_needs_nothing_but_itself()
    {
        var page = Write();
        Assert.All(Source().Matches(page), source => Assert.StartsWith("data:", source.Groups[1].Value, StringComparison.Ordinal));
        Assert.DoesNotContain("url(", page, StringComparison.Ordinal);
        Assert.DoesNotContain("@import", page, StringComparison.Ordinal);
        Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
        Assert.Contains("@media print", page, StringComparison.Ordinal);
        Assert.Contains("width=device-width", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_numbers_are_in_csv_and_json_too()
    {
        Write();
        Assert.All(ComparisonFiles.Names, name => Assert.True(File.Exists(Path.Combine(folder, name)), name));
        var measures = File.ReadAllLines(Path.Combine(folder, "measures.csv"));
        Assert.Equal("loss,seed,class,dice,sensitivity,precision,volume_error,hausdorff95_mm", measures[0]);
        Assert.Equal(1 + 2 * 3 * 3, measures.Length);
        Assert.StartsWith(
            $"ce,1,\"{Nasty.Replace("\"", "\"\"", StringComparison.Ordinal)}\",{SyntheticComparison.Dice(51):R},0.51,1,-0.49,",
            measures[2], StringComparison.Ordinal);
        Assert.Equal("ce,1,cyst,0,0,,-1,", measures[3]);
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "comparison.json")));
        Assert.Equal(Command, json.RootElement.GetProperty("command").GetString());
        Assert.Equal(Commands.Reproduces, json.RootElement.GetProperty("reproduced_by").GetString());
        Assert.Equal("Better", json.RootElement.GetProperty("findings")[0].GetProperty("Verdict").GetString());
        var run = json.RootElement.GetProperty("runs")[0];
        Assert.Equal(SyntheticComparison.Dice(51), run.GetProperty("measures")[1].GetProperty("Dice").GetDouble());
        Assert.Equal(JsonValueKind.Null, run.GetProperty("measures")[2].GetProperty("Hausdorff95").ValueKind);
    }

    [Fact]
    public void What_was_not_predicted_is_said_and_counted()
    {
        var page = Write();
        Assert.Contains("3 of 3 not predicted", page, StringComparison.Ordinal);
        Assert.Contains("2 of 3 not predicted", Tables.Show(new(0.5, double.NaN, 1, 2)), StringComparison.Ordinal);
        Assert.Equal("0.500", Tables.Show(new(0.5, double.NaN, 1, 0)));
        Assert.Equal("0.500 (0.189\u00A0to\u00A00.811)", Tables.Show(new(0.5, 0.125, 3, 0))); // 4.303·0.125 / √3
    }

    [Fact]
    public void Tables_hold_what_follows_from_the_runs()
    {
        var analysis = SyntheticComparison.Of(("kidney", "cyst"), "scan", ["ce", "dice"], (loss, _) => loss == "ce" ? 50 : 80);
        string Number(double value) => value.ToString("F3", CultureInfo.InvariantCulture);
        Assert.Contains("<td>20 (20\u00A0to\u00A020)</td><td>5.00 (5.00\u00A0to\u00A05.00) %</td><td>5 steps, 10 s (3 of 3 runs)</td>",
            Plain(Tables.Speed(analysis)), StringComparison.Ordinal);

        // 400 voxels, 250 of them background, and all are called background that are not found; of the third class nothing is.
        var background = 2.0 * 250 / (250 + 400 - 50);
        var (all, foreground) = ((background + SyntheticComparison.Dice(50)) / 3, SyntheticComparison.Dice(50) / 2);
        Assert.Contains(
            $"<th scope=\"row\">ce</th><td>{Number(all)} ({Number(all)}\u00A0to\u00A0{Number(all)})</td>"
            + $"<td>{Number(foreground)} ({Number(foreground)}\u00A0to\u00A0{Number(foreground)})</td>"
            + $"<td>{Number(all - foreground)}",
            Plain(Tables.Background(analysis)), StringComparison.Ordinal);
        var difference = SyntheticComparison.Dice(80) - SyntheticComparison.Dice(50);
        Assert.Contains(
            $"<th scope=\"row\">dice − ce</th><td>kidney</td><td>{difference:+0.00} to {difference:+0.00}</td><td>{Number(difference)}</td>"
            + "<td>3</td><td>3 of 3</td><td>–</td><td>–</td><td>cannot tell</td>",
            Plain(Tables.Paired(analysis)), StringComparison.Ordinal);
        Assert.Contains("<th scope=\"row\">cyst</th><td>33.3 %</td>", Plain(Tables.Shares(analysis)), StringComparison.Ordinal);
        string Plain(string html) => System.Net.WebUtility.HtmlDecode(html);
    }

    [Fact]
    public void Without_a_finished_run_there_is_a_page_that_says_so()
    {
        ComparisonFiles.Write(folder, SyntheticComparison.Of((Nasty, "cyst"), "scan", ["ce"], (_, _) => null), Commands);
        Assert.Contains("No run is finished", File.ReadAllText(Path.Combine(folder, "report.html")), StringComparison.Ordinal);
        Assert.Single(File.ReadAllLines(Path.Combine(folder, "measures.csv")));
        Assert.False(File.Exists(Path.Combine(folder, "comparison.json")));
    }

    [Theory]
    [InlineData(1200)]
    [InlineData(400)]
    public void A_browser_shows_the_page_without_complaint(int width)
    {
        Assert.SkipUnless(Chromium.IsInstalled, "Debian's chromium is not installed.");
        Write();
        var (screenshot, errors) = Chromium.Screenshot(Path.Combine(folder, "report.html"), width);
        Assert.Empty(errors);
        Assert.InRange(screenshot.Length, 30_000, 10_000_000);

        // The same page asked by a script: whether every image is there, and whether the text is wider than the screen.
        var asked = File.ReadAllText(Path.Combine(folder, "report.html"))
            .Replace("style-src 'unsafe-inline'", "style-src 'unsafe-inline'; script-src 'unsafe-inline'", StringComparison.Ordinal)
            .Replace("</body>", """
                <script>
                addEventListener('load', () => {
                    const images = [...document.images];
                    document.body.dataset.answer = `${images.filter(image => image.naturalWidth > 0).length} of ${images.length} images, `
                        + `${document.documentElement.scrollWidth <= innerWidth ? 'fits' : 'too wide'}, `
                        + `${performance.getEntriesByType('resource').filter(entry => !entry.name.startsWith('data:')).length} requests`;
                });
                </script></body>
                """, StringComparison.Ordinal);
        var path = Path.Combine(folder, "asked.html");
        File.WriteAllText(path, asked);
        var images = Source().Count(asked);
        Assert.InRange(images, 25, 40);
        Assert.Contains($"data-answer=\"{images} of {images} images, fits, 0 requests\"", Chromium.Document(path, width),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Contents_lead_to_every_heading_and_pictures_say_where_they_are()
    {
        var page = Write();
        var anchors = Anchor().Matches(page).Select(match => match.Groups[1].Value).ToList();
        Assert.Equal(Id().Matches(page).Select(match => match.Groups[1].Value), anchors);
        Assert.Equal(9, anchors.Count);
        Assert.Contains("<h3>axial, z = 2.0 mm</h3>", page, StringComparison.Ordinal); // the second layer of 2 mm has two classes
        Assert.Contains("<h3>coronal, y = ", page, StringComparison.Ordinal);
        Assert.Contains("<h3>sagittal, x = ", page, StringComparison.Ordinal);
        Assert.Contains("<span>L</span><span>R</span>", page, StringComparison.Ordinal);
        Assert.Equal(3, page.Split("<figcaption>errors of dice</figcaption>").Length - 1);
        Assert.InRange(page.IndexOf("Is Dice better than cross-entropy here?", StringComparison.Ordinal), 1,
            page.IndexOf("<nav", StringComparison.Ordinal));
    }

    /// <summary>A mean signed volume error of -0.07 ± 1.61 hides errors of either sign.</summary>
    [Fact]
    public void Volume_errors_that_cancel_are_seen_in_their_absolute_value()
    {
        var analysis = SyntheticComparison.Of(("kidney", "cyst"), "scan", ["ce"], (_, seed) => seed == 1 ? 50 : 150, seeds: 2);
        Assert.Contains("<td>0.000 (-6.353\u00A0to\u00A06.353)</td><td>0.500 (0.500\u00A0to\u00A00.500)</td>",
            System.Net.WebUtility.HtmlDecode(Tables.OfClass(analysis, 1)), StringComparison.Ordinal);
    }

    /// <summary>A4 without its margins is 718 pixels wide.</summary>
    [Fact]
    public void Printed_no_table_is_clipped_and_a_dark_screen_gets_a_dark_page()
    {
        Assert.SkipUnless(Chromium.IsInstalled, "Debian's chromium is not installed.");
        const string Script = """
            <script>
            addEventListener('load', () => {
                const wide = [...document.querySelectorAll('.wide')];
                const light = colour => colour.match(/[0-9]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0);
                const style = getComputedStyle(document.body);
                document.body.dataset.answer = `${wide.filter(box => box.scrollWidth > box.clientWidth + 1).length} clipped, `
                    + `${light(style.backgroundColor) < 150 && light(style.color) > 600 ? 'dark' : 'light'}`;
            });
            </script></body>
            """;
        var page = Write().Replace(
            "style-src 'unsafe-inline'", "style-src 'unsafe-inline'; script-src 'unsafe-inline'", StringComparison.Ordinal)
                .Replace("</body>", Script, StringComparison.Ordinal);
        var path = Path.Combine(folder, "asked.html");
        File.WriteAllText(path, page.Replace("@media print", "@media all", StringComparison.Ordinal));
        Assert.Contains("data-answer=\"0 clipped, light\"", Chromium.Document(path, 718), StringComparison.Ordinal);
        File.WriteAllText(path, page.Replace("@media screen and (prefers-color-scheme: dark)", "@media screen", StringComparison.Ordinal));
        Assert.Contains("clipped, dark\"", Chromium.Document(path, 1200), StringComparison.Ordinal);
    }

    [GeneratedRegex("<a href=\"#([^\"]*)\"")]
    private static partial Regex Anchor();

    [GeneratedRegex("<h2 id=\"([^\"]*)\"")]
    private static partial Regex Id();

    [Fact]
    public void A_browser_that_is_made_to_complain_is_heard()
    {
        Assert.SkipUnless(Chromium.IsInstalled, "Debian's chromium is not installed.");
        var path = Path.Combine(folder, "broken.html");
        File.WriteAllText(path, Html.Page("broken", "<img src=\"https://example.invalid/picture.png\">"));
        Assert.NotEmpty(Chromium.Screenshot(path, 800).Errors);
    }

    [GeneratedRegex("<img [^>]*src=\"([^\"]*)\"")]
    private static partial Regex Source();

    [GeneratedRegex("data:image/svg\\+xml;base64,([^\"]*)\"")]
    private static partial Regex Plot();

    private string Write()
    {
        ComparisonFiles.Write(
            folder, SyntheticComparison.Of((Nasty, "cyst"), Nasty, ["ce", "dice"], (loss, seed) => (loss == "ce" ? 50 : 80) + seed),
            Commands);
        return File.ReadAllText(Path.Combine(folder, "report.html"));
    }
}
