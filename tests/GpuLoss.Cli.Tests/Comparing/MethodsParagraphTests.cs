using System.Text.RegularExpressions;
using GpuLoss.Cli.Comparing.Report;
using GpuLoss.Cli.Training;

namespace GpuLoss.Cli.Tests.Comparing;

/// <summary>What a thesis gets from a report.</summary>
public partial class MethodsParagraphTests
{
    [Fact]
    public void The_paragraph_says_what_was_done_and_cites_what_is_listed()
    {
        var analysis = SyntheticComparison.Of(("kidney", "cyst"), "Colin 27 & 50 % of_it", ["ce", "dice", "gdl"], (_, seed) => 50 + seed);
        var paragraph = MethodsParagraph.Of(analysis);
        foreach (var fact in (
            string[])["3 losses", "3 random seeds", "$16^3$ voxels", "10 steps", "learning rate of 0.001.", @"Colin 27 \& 50 \% of\_it",
            @"1 / volume$^2$ \cite{sudre2017gdl}"])
            Assert.Contains(fact, paragraph.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.Contains($"over {analysis.Findings.Count} comparisons", paragraph.ReplaceLineEndings(" "), StringComparison.Ordinal);

        var cited = Citation().Matches(paragraph).Select(match => match.Groups[1].Value).Distinct().Order(StringComparer.Ordinal);
        var listed = Key().Matches(MethodsParagraph.References(paragraph)).Select(match => match.Groups[1].Value);
        Assert.Equal(cited, listed);
        Assert.Contains("tzourio2002aal", listed);
        Assert.DoesNotContain("lin2017focal", listed);
    }

    [Fact]
    public void Every_loss_has_a_paper_and_every_paper_an_entry_whose_braces_close()
    {
        Assert.All(SegmentationLosses.Names, loss => Assert.Contains(loss, Papers.OfLosses.Keys));
        Assert.All(Papers.OfLosses.Values.SelectMany(papers => papers), paper => Assert.Contains(paper, Papers.Entries.Keys));
        foreach (var entry in Papers.Entries.Values)
        {
            var depth = 0;
            foreach (var letter in entry)
            {
                depth += letter == '{' ? 1 : letter == '}' ? -1 : 0;
                Assert.True(depth >= 0, entry);
            }

            Assert.Equal(0, depth);
            Assert.Matches(@"^@\w+\{\w+,\n(  \w+ = \{.*\},\n)+  \w+ = \{.*\}\n\}\n$", entry);
        }
    }

    [Fact]
    public void The_report_ends_with_both()
    {
        var folder = Directory.CreateTempSubdirectory("gpuloss-methods-").FullName;
        try
        {
            ComparisonFiles.Write(
                folder, SyntheticComparison.Of(("kidney", "cyst"), "scan", ["ce", "focal"], (_, _) => 50),
                new ReportedCommands("gpuloss compare", null));
            var page = File.ReadAllText(Path.Combine(folder, "report.html"));
            var last = page[page.LastIndexOf("<h2", StringComparison.Ordinal)..];
            Assert.Contains("@inproceedings{lin2017focal,", last, StringComparison.Ordinal);
            Assert.Contains(@"\cite{lin2017focal}", last, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [GeneratedRegex(@"\\cite\{(\w+)\}")]
    private static partial Regex Citation();

    [GeneratedRegex(@"^@\w+\{(\w+),", RegexOptions.Multiline)]
    private static partial Regex Key();
}
