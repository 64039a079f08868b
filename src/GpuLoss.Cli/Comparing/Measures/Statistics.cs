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
    /// <summary>The 95 % t interval of the mean; null below two values.</summary>
    public Interval? Interval =>
        Count > 1 ? Measures.Interval.Around(Mean, StudentTest.Quantile(Holm.Level, Count - 1) * Deviation / Math.Sqrt(Count)) : null;

    /// <summary>The spread of values of which some may not be defined: null or NaN.</summary>
    public static Spread Of(IEnumerable<double?> values)
    {
        var all = values.ToList();
        var there = all.Where(value => value is { } number && !double.IsNaN(number)).Select(value => value!.Value).ToArray();
        var mean = there.Length > 0 ? there.Average() : double.NaN;
        var deviation = there.Length > 1 ? Math.Sqrt(there.Sum(value => (value - mean) * (value - mean)) / (there.Length - 1)) : double.NaN;
        return new Spread(mean, deviation, there.Length, all.Count - there.Length);
    }
}

/// <summary>A confidence interval.</summary>
internal readonly record struct Interval(double Low, double High)
{
    /// <summary>The interval of a centre and half its width.</summary>
    public static Interval Around(double centre, double half) => new(centre - half, centre + half);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Low:+0.00;-0.00;0.00} to {High:+0.00;-0.00;0.00}");
}

/// <summary>What Student's distribution says.</summary>
internal static class StudentTest
{
    /// <summary>The t that is exceeded, on either side, with the probability <paramref name="level"/>.</summary>
    public static double Quantile(double level, int degrees) => StudentT.InvCDF(0, 1, degrees, 1 - level / 2);

    /// <summary>The two-sided p of a t.</summary>
    public static double TwoSided(double t, int degrees) => 2 * StudentT.CDF(0, 1, degrees, -Math.Abs(t));

    /// <summary>p as text: "p = 0.012", "p &lt; 0.001".</summary>
    public static string Show(double p) => p < 0.001 ? "p < 0.001" : string.Create(CultureInfo.InvariantCulture, $"p = {p:F3}");
}

/// <summary>A paired comparison of two losses over the seeds both were trained with.</summary>
/// <param name="Differences">The difference of every seed.</param>
/// <param name="Difference">Their mean and spread.</param>
/// <param name="PValue">Two-sided p of the paired t-test, or null below two seeds and where all differences are equal.</param>
internal sealed record PairedComparison(IReadOnlyList<double> Differences, Spread Difference, double? PValue)
{
    /// <summary>Below this part of the mean a spread is that of rounding.</summary>
    private const double Rounding = 1e-9;

    /// <summary>The standard error of the mean difference.</summary>
    private double StandardError => Difference.Deviation / Math.Sqrt(Difference.Count);

    /// <summary>Compares by the differences.</summary>
    public static PairedComparison Of(IReadOnlyList<double> differences)
    {
        var spread = Spread.Of(differences.Select(difference => (double?)difference));
        var varies = spread.Deviation > Rounding * Math.Abs(spread.Mean);
        return new PairedComparison(
            differences, spread,
            varies ? StudentTest.TwoSided(spread.Mean / (spread.Deviation / Math.Sqrt(spread.Count)), spread.Count - 1) : null);
    }

    /// <summary>The smallest mean difference that the test at a level tells from none, with this spread; null where there is no
    /// test.</summary>
    public double? Told(double level) => PValue is null ? null : StudentTest.Quantile(level, Difference.Count - 1) * StandardError;
}

/// <summary>Holm's correction: of all statements that are made together, with a probability of 95 % none is false.</summary>
internal static class Holm
{
    /// <summary>The probability of a false statement that is borne.</summary>
    public const double Level = 0.05;

    /// <summary>The corrected p of every p. A comparison without one counts, as 1.</summary>
    public static double[] Adjust(IReadOnlyList<double?> values)
    {
        var adjusted = new double[values.Count];
        var largest = 0.0;
        foreach (var (rank, index) in Enumerable.Range(0, values.Count).OrderBy(i => values[i] ?? 1).Index())
        {
            largest = Math.Max(largest, Math.Min(1, (values.Count - rank) * (values[index] ?? 1)));
            adjusted[index] = largest;
        }

        return adjusted;
    }
}
