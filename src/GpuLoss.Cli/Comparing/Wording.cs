using System.Globalization;
using GpuLoss.Cli.Comparing.Measures;

namespace GpuLoss.Cli.Comparing;

/// <summary>How findings are put into words: the interval first, and a statement only where p holds after Holm's correction.</summary>
internal static class Wording
{
    /// <summary>With fewer seeds the sentence says what they cannot tell.</summary>
    private const int FewSeeds = 5;

    /// <summary>The verdict in a word or two.</summary>
    public static string Of(Verdict verdict) => verdict switch
    {
        Verdict.Better => "better",
        Verdict.Worse => "worse",
        _ => "cannot tell",
    };

    /// <summary>The verdict with the interval it comes from.</summary>
    public static string Of(Finding finding, bool isFound = true)
    {
        var (difference, seeds) = (finding.Paired.Difference, finding.Paired.Difference.Count);
        if (!isFound)
            return "cannot tell (neither was ever found)";
        if (difference.Interval is not { } interval)
            return seeds == 0 ? "cannot tell (no seed with which both have a Dice)"
                : $"cannot tell ({Signed(difference.Mean)} Dice with one seed, of which no spread is known)";
        if (finding.Paired.PValue is not { } p)
            return $"cannot tell ({Signed(difference.Mean)} Dice with every seed; without a spread there is no test)";
        if (seeds < Findings.FewestSeeds)
            return $"cannot tell ({interval}, mean {Signed(difference.Mean)} Dice; {seeds} seeds are too few for a verdict)";
        var few = finding.Verdict == Verdict.CannotTell && seeds < FewSeeds && finding.Told is { } told
            ? $"; {seeds} seeds with this spread cannot tell {Less(told)} apart"
            : "";
        var volumes = finding.OverVolumes is { } over ? $"; over volumes {over}" : "";
        return $"{Of(finding.Verdict)} ({interval}, mean {Signed(difference.Mean)} Dice; "
            + $"{StudentTest.Show(finding.AdjustedP)}{volumes}{few})";
    }

    /// <summary>What is too little to be told apart. No two Dice differ by more than 1.</summary>
    private static string Less(double told) => told < 1
        ? string.Create(CultureInfo.InvariantCulture, $"less than {told:F2} Dice")
        : "any two Dice";

    /// <summary>A number with its sign.</summary>
    public static string Signed(double value) => value.ToString("+0.00;-0.00;0.00", CultureInfo.InvariantCulture);

    /// <summary>A number of things.</summary>
    public static string Count(int number, string what) => number == 1 ? $"1 {what}" : $"{number} {what}s";
}
