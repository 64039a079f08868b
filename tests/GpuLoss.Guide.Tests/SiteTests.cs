using System.Net;
using System.Text.RegularExpressions;

namespace GpuLossTests;

/// <summary>The site of guide and reference, as a reader's browser shows it.</summary>
public partial class SiteTests(SiteFixture site) : IClassFixture<SiteFixture>
{
    private static IEnumerable<string> Pages => Directory.GetFiles(SiteFixture.Folder, "*.html", SearchOption.AllDirectories);

    [Fact]
    public void Links_and_pictures_lead_to_what_is_there()
    {
        var anchors = new Dictionary<string, HashSet<string>>();
        HashSet<string> AnchorsOf(string file) => anchors.TryGetValue(file, out var known)
            ? known
            : anchors[file] = [.. Identifier().Matches(File.ReadAllText(file))
                .Select(match => WebUtility.HtmlDecode(match.Groups[1].Value))];

        var looked = 0;
        foreach (var page in Pages)
        {
            foreach (Match match in Reference().Matches(File.ReadAllText(page)))
            {
                var link = WebUtility.HtmlDecode(match.Groups[1].Value);
                if (link.Length == 0 || Scheme().IsMatch(link))
                    continue;
                looked++;
                var parts = link.Split('#');
                var file = parts[0].Length == 0 ? page
                    : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page)!, Uri.UnescapeDataString(parts[0].Split('?')[0])));
                Assert.True(File.Exists(file), $"{page} refers to {link}, which is not there.");
                if (parts.Length > 1 && parts[1].Length > 0 && file.EndsWith(".html", StringComparison.Ordinal))
                    Assert.True(AnchorsOf(file).Contains(Uri.UnescapeDataString(parts[1])),
                        $"{page} refers to {link}, a place that is not there.");
            }
        }

        Assert.InRange(looked, 1000, 1_000_000);
    }

    /// <summary>The compiler does not look for the words on a parameter where some are inherited.</summary>
    [Fact]
    public void Every_parameter_and_every_member_of_the_reference_has_words()
    {
        var described = 0;
        foreach (var file in Directory.GetFiles(Repository.PathOf("artifacts/docs/reference"), "GpuLoss*.yml"))
        {
            var lines = File.ReadAllLines(file);
            for (var i = 0; i < lines.Length; i++)
            {
                if (!lines[i].StartsWith("    - id: ", StringComparison.Ordinal))
                    continue;
                var words = lines.Skip(i + 1).TakeWhile(line => line.StartsWith("      ", StringComparison.Ordinal));
                Assert.True(words.Any(line => line.StartsWith("      description: ", StringComparison.Ordinal)),
                    $"{Path.GetFileName(file)}, line {i + 1}: {lines[i]}");
                described++;
            }
        }

        Assert.InRange(described, 200, 100_000);
    }

    [Fact]
    public async Task A_browser_finds_what_it_searches_and_shows_code_without_complaint()
    {
        Assert.SkipUnless(Browser.IsInstalled, "Chromium is not installed.");
        await using var browser = await Browser.Start();
        await browser.Show(new(site.Address, "index.html"));
        await browser.Until("location.pathname === '/README.html'");
        await browser.Until("document.querySelectorAll('pre code.hljs.lang-csharp .hljs-keyword').length > 5");
        Assert.Equal("true", await browser.Evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)"));
        Assert.Contains("DiceCELoss", await browser.Evaluate("document.querySelector('pre code.lang-csharp').textContent"),
            StringComparison.Ordinal);

        await browser.Until("!document.getElementById('search-query').disabled");
        await browser.Evaluate(
            "(() => { const box = document.getElementById('search-query'); box.value = 'TverskyLoss'; "
            + "box.dispatchEvent(new Event('input', { bubbles: true })); })()");
        await browser.Until("document.querySelectorAll('#search-results .sr-item a').length > 1");
        var found = await browser.Evaluate("[...document.querySelectorAll('#search-results .sr-item a')].map(link => link.href).join(' ')");
        Assert.Contains("GpuLoss.Modules.TverskyLoss.html", found, StringComparison.Ordinal);

        await browser.Show(new(site.Address, "reference/GpuLoss.nn.html"));
        Assert.Contains("arXiv 1707.03237", await browser.Evaluate("document.body.textContent"), StringComparison.Ordinal);
        await browser.Show(new(site.Address, "src/guide/choosing-a-loss.html"));
        await browser.Until("document.querySelectorAll('#toc a, .toc a').length > 10");
        Assert.Empty(browser.Complaints);
    }

    [GeneratedRegex("""<(?:a|link|img|script)\s[^>]*?(?:href|src)="([^"]*)"[^>]*>""")]
    private static partial Regex Reference();

    [GeneratedRegex("""\s(?:id|name)="([^"]+)""")]
    private static partial Regex Identifier();

    [GeneratedRegex("^[a-z]+:|^//")]
    private static partial Regex Scheme();
}
