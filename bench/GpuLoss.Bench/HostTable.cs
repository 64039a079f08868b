using System.Globalization;
using System.Text;
using GpuLoss.Cli.Benchmarking;

namespace GpuLoss.Bench;

/// <summary>The comparison as Markdown.</summary>
internal static class HostTable
{
    /// <summary>One row per case and setting of malloc.</summary>
    public static string Of(IReadOnlyList<CaseTimes> times)
    {
        var text = new StringBuilder();
        text.AppendLine("| C | side | malloc | fused | eager | torch CE | floor | eager / fused | CE / fused | fused / floor |");
        text.AppendLine("|---|---|---|---|---|---|---|---|---|---|");
        foreach (var row in times)
        {
            var (fused, eager, ce, floor) = (row[LossContest.Fused], row.Eager, row[LossContest.CrossEntropy], row[LossContest.Floor]);
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {row.Case.Classes} | {row.Case.Side} | {row.Malloc} | {Show(fused)} | {Show(eager)} | {Show(ce)} | {Show(floor)} | {Ratio(eager, fused)} | {Ratio(ce, fused)} | {Ratio(fused, floor)} |");
        }

        return text.ToString();
    }

    private static string Show(Measurement? measurement) => measurement is null
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $"{measurement.Median:F2} ({measurement.Least:F2})");

    private static string Ratio(Measurement? above, Measurement? below) => above is null || below is null
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $"{above.Median / below.Median:F2}");
}
