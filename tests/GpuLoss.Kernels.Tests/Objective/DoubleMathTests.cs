using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Tests.Objective;

/// <summary>The own logarithm and power in float64 against the C library's.</summary>
public class DoubleMathTests
{
    private const double Tolerance = 1e-13;

    private static readonly double[] Special =
    [
        0, -0.0, 1, -1, 2, 0.5, -0.5, 3, 1e300, 1e-300, double.Epsilon, 3 * double.Epsilon, 2.2250738585072014e-308, 2.225073858507201e-308,
        double.MaxValue, double.MinValue, double.PositiveInfinity, double.NegativeInfinity, double.NaN, double.BitIncrement(1),
        double.BitDecrement(1),
        1.4142135623730951, 1.4142135623730950, 0.70710678118654757, 0.7071067811865475, 1e17, -1e17, 1e-17, -1e-17,
    ];

    public static TheoryData<double> Specials => [.. Special];

    [Fact]
    public void A_logarithm_agrees_from_the_smallest_to_the_largest_number()
    {
        var random = new Random(1);
        foreach (var x in Numbers(random).Take(200_000))
            AssertClose(Math.Log(x), DoubleMath.Log(x), $"ln {x:r}");
    }

    [Fact]
    public void A_logarithm_agrees_next_to_one()
    {
        var random = new Random(2);
        for (var i = 0; i < 100_000; i++)
        {
            var x = 1 + Math.ScaleB(2 * random.NextDouble() - 1, -random.Next(1, 53));
            AssertClose(Math.Log(x), DoubleMath.Log(x), $"ln {x:r}");
        }
    }

    [Fact]
    public void A_power_agrees_from_the_smallest_to_the_largest_result()
    {
        var random = new Random(3);
        foreach (var x in Numbers(random).Take(200_000))
        {
            // A result of any size, subnormal ones too, and now and then one that is none.
            var y = (2 * random.NextDouble() - 1) * 1080 / Math.Log2(x);
            AssertClose(Math.Pow(x, y), DoubleMath.Power(x, y), $"{x:r} to the power of {y:r}");
        }
    }

    [Fact]
    public void A_power_of_a_number_next_to_one_keeps_its_digits()
    {
        var random = new Random(4);
        for (var i = 0; i < 200_000; i++)
        {
            var x = 1 + Math.ScaleB(2 * random.NextDouble() - 1, -random.Next(1, 53));
            var y = (2 * random.NextDouble() - 1) * 1080 / Math.Log2(x);
            AssertClose(Math.Pow(x, y), DoubleMath.Power(x, y), $"{x:r} to the power of {y:r}");
        }
    }

    /// <summary>What losses ask for: numbers up to 1 to the powers of focal Tversky and log Dice.</summary>
    [Fact]
    public void Powers_of_losses_agree()
    {
        var random = new Random(5);
        for (var i = 0; i < 200_000; i++)
        {
            var (x, y) = (Math.Pow(random.NextDouble(), 8), 10 * random.NextDouble() - 1);
            AssertClose(Math.Pow(x, y), DoubleMath.Power(x, y), $"{x:r} to the power of {y:r}");
        }
    }

    [Theory]
    [MemberData(nameof(Specials))]
    public void Special_numbers_have_the_values_of_the_C_library(double x)
    {
        AssertClose(Math.Log(x), DoubleMath.Log(x), $"ln {x:r}");
        foreach (var y in Special)
            AssertClose(x < 0 && y != 0 ? double.NaN : Math.Pow(Math.Abs(x), y), DoubleMath.Power(x, y), $"{x:r} to the power of {y:r}");
    }

    /// <summary>Numbers of all sizes, subnormal ones too.</summary>
    private static IEnumerable<double> Numbers(Random random)
    {
        while (true)
        {
            var x = Math.ScaleB(1 + random.NextDouble(), random.Next(-1074, 1024));
            if (x is not 1)
                yield return x;
        }
    }

    /// <summary>Relative, or the last digit of a subnormal number.</summary>
    private static void AssertClose(double expected, double actual, string what) => Assert.True(
        expected.Equals(actual) || Math.Abs(expected - actual) <= Tolerance * Math.Abs(expected) + double.Epsilon,
        $"{what} is {actual:r}, not {expected:r}");
}
