using MathNet.Numerics.Distributions;
using MathNet.Numerics.Integration;

namespace GpuLoss.Cli.Comparing.Measures;

/// <summary>How likely a paired t-test calls a true difference one.</summary>
internal static class Power
{
    private const int Nodes = 256;

    /// <summary>
    /// The probability that |t| exceeds its limit: over the distribution of the measured standard deviation, that the mean lies outside the
    /// limit it makes.
    /// </summary>
    /// <param name="difference">The true difference, in standard deviations between seeds.</param>
    /// <param name="seeds">The number of seeds, two or more.</param>
    /// <param name="level">The p that is asked for.</param>
    public static double Of(double difference, int seeds, double level)
    {
        var (degrees, mean) = (seeds - 1, difference * Math.Sqrt(seeds));
        var limit = StudentTest.Quantile(level, degrees);
        double Outside(double chi)
        {
            var deviation = chi / Math.Sqrt(degrees);
            return Chi.PDF(degrees, chi) * (Normal.CDF(0, 1, mean - limit * deviation) + Normal.CDF(0, 1, -mean - limit * deviation));
        }

        return GaussLegendreRule.Integrate(Outside, 0, Math.Sqrt(degrees) + 8, Nodes);
    }
}
