using System.Globalization;
using MathNet.Numerics.Distributions;

namespace GpuLoss.Cli.Comparing.Measures;

/// <summary>A mean over seeds.</summary>
/// <param name="Mean">The mean of the values there are; NaN where there is none.</param>
/// <param name="Deviation">Their standard deviation, divided by n - 1; NaN below two values.</param>
/// <param name="Count">How many values there are.</param>
/// <param name="Missing">How many are not defined.</param>
internal sealed record Spread(double Mean, double Deviation, int Count, int Missing)
{
    /// <summary>The spread of values of which some may not be defined.</summary>
    public static Spread Of(IEnumerable<double?> values)
    {
        var all = values.ToList();
        var there = all.Where(value => value is not null).Select(value => value!.Value).ToArray();
        var mean = there.Length > 0 ? there.Average() : double.NaN;
        var deviation = there.Length > 1 ? Math.Sqrt(there.Sum(value => (value - mean) * (value - mean)) / (there.Length - 1)) : double.NaN;
        return new Spread(mean, deviation, there.Length, all.Count - there.Length);
    }
}

/// <summary>A paired comparison of two losses over the seeds both were trained with.</summary>
/// <param name="Differences">The difference of every seed.</param>
/// <param name="Difference">Their mean and spread.</param>
/// <param name="PValue">Two-sided p of the paired t-test, or null below two seeds and where all differences are equal.</param>
internal sealed record PairedComparison(IReadOnlyList<double> Differences, Spread Difference, double? PValue)
{
    /// <summary>Compares by the differences.</summary>
    public static PairedComparison Of(IReadOnlyList<double> differences)
    {
        var spread = Spread.Of(differences.Select(difference => (double?)difference));
        return new PairedComparison(
            differences, spread, spread.Deviation > 0 ? TwoSided(spread.Mean / (spread.Deviation / Math.Sqrt(spread.Count)), spread.Count - 1) : null);
    }

    /// <summary>Whether the difference has the same sign with every seed, of which there are two or more, and its mean exceeds its spread.</summary>
    public bool IsConsistent => Differences.Count > 1 && (Differences.All(difference => difference > 0) || Differences.All(difference => difference < 0))
        && Math.Abs(Difference.Mean) > Difference.Deviation;

    /// <summary>p as text: "p = 0.012", "p &lt; 0.001", or null where there is none.</summary>
    public string? ShownP => PValue is not { } p ? null : p < 0.001 ? "p < 0.001" : string.Create(CultureInfo.InvariantCulture, $"p = {p:F3}");

    private static double TwoSided(double t, int degrees) => 2 * StudentT.CDF(0, 1, degrees, -Math.Abs(t));
}
