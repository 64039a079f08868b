using System.Net;
using System.Text.RegularExpressions;
using GpuLoss.Cli.Comparing;
using GpuLoss.Cli.Comparing.Measures;
using GpuLoss.Cli.Comparing.Report;

namespace GpuLoss.Cli.Tests.Comparing;

/// <summary>How often a whole report states what is not so, and how often it finds what is: five losses on four classes and their
/// mean.</summary>
public partial class FalseClaimTests
{
    private const double Noise = 0.05;
    private static readonly string[] Losses = ["ce", "wce", "dice", "gdl", "dice+ce"];
    private static readonly string[] Classes = ["cortex", "cerebellum", "deep", "hippocampus"];

    [Theory]
    [InlineData(2, 0.39)]
    [InlineData(3, 0.21)]
    [InlineData(5, 0.05)]
    public void Noise_makes_a_report_that_claims_something_in_less_than_five_of_a_hundred_cases(int seeds, double ofOldRule)
    {
        const int Reports = 4000;
        var random = new Random(15 + seeds);
        int claiming = 0, oldClaims = 0, comparisons = 0;
        for (var report = 0; report < Reports; report++)
        {
            var analysis = Report(random, seeds, (_, _) => 0);
            claiming += Claim().IsMatch(string.Join('\n', Conclusion.Of(analysis))) ? 1 : 0;
            foreach (var differences in analysis.Findings.Select(finding => finding.Paired.Differences))
            {
                // What used to be called "ahead": the same sign with every seed, and a mean above the standard deviation.
                var mean = differences.Average();
                var deviation = Math.Sqrt(differences.Sum(d => (d - mean) * (d - mean)) / (seeds - 1));
                oldClaims += differences.All(d => d * mean > 0) && Math.Abs(mean) > deviation ? 1 : 0;
                comparisons++;
            }
        }

        Assert.InRange((double)oldClaims / comparisons, ofOldRule - 0.02, ofOldRule + 0.02);
        Assert.InRange((double)claiming / Reports, seeds > 2 ? 0.001 : 0, seeds > 2 ? 0.0499 : 0); // two seeds make no verdict
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(10)]
    public void The_power_that_the_report_prints_is_that_of_reports(int seeds)
    {
        const int Reports = 1500;
        var random = new Random(seeds);
        var deviation = Math.Sqrt(2) * Noise; // of the difference of two runs
        var (found, first) = (0, Report(random, seeds, (_, _) => 0));

        // One class of one loss differs, by four standard deviations: with all else equal it has to pass the first of Holm's steps.
        for (var report = 0; report < Reports; report++)
        {
            var analysis = Report(random, seeds, (loss, c) => loss == "dice" && c == 1 ? 4 * deviation : 0);
            found += analysis.Findings.Single(finding => finding.Loss == "dice" && finding.On.Class == 1).Verdict == Verdict.Better ? 1 : 0;
        }

        var printed = Power.Of(4, seeds, 0.05 / 20);
        Assert.Equal(20, first.Findings.Count);
        Assert.Equal(printed, (double)found / Reports,
            0.04); // the mean differs too, and is compared as well: Holm's later steps find a little more
        var table = WebUtility.HtmlDecode(Tables.PowerOfSeeds(first));
        Assert.Matches($"4 SD, here 0\\.[0-9]{{2}} Dice</th>.*<td>{100 * printed:F1} %</td>", table);
        Assert.Contains("<th scope=\"col\">10 seeds</th>", table, StringComparison.Ordinal);
    }

    [Fact]
    public void Holm_compares_the_smallest_first_and_counts_what_has_no_p()
    {
        var adjusted = Holm.Adjust([0.01, 0.04, 0.03, 0.005]); // the example of R's p.adjust
        double[] expected = [0.03, 0.06, 0.06, 0.02];
        Assert.All(expected.Zip(adjusted), pair => Assert.Equal(pair.First, pair.Second, 12));
        Assert.Equal(0.02, Holm.Adjust([null, 0.01])[1], 12);
        Assert.Equal(1, Holm.Adjust([null, 0.01])[0], 12);
    }

    [GeneratedRegex(@"\b(better|worse) \(")]
    private static partial Regex Claim();

    private static Analysis Report(Random random, int seeds, Func<string, int, double> effect)
    {
        var values = new Dictionary<(string, int, int), double>();
        return SyntheticComparison.Measured(Losses, Classes, seeds, 1, (loss, seed, _, c) =>
            values.TryGetValue((loss, seed, c), out var value) ? value
                : values[(loss, seed, c)] = 0.6 + effect(loss, c) + Noise * Normal(random));
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
