using GpuLoss.Kernels.Host;
using GpuLoss.Kernels.Host.Simd;

namespace GpuLoss.Kernels.Tests.Host;

/// <summary>The sums of a tile, of more terms than a small volume has.</summary>
public class RunningSumTests
{
    private const int Terms = 1000;
    private const float Term = 0.1f;

    [Fact]
    public void No_rounding_of_many_equal_terms_is_lost()
    {
        var (sum, plain) = (default(CompensatedSum<Lanes128>), 0f);
        for (var i = 0; i < Terms; i++)
        {
            sum.Add(Lanes128.Of(Term));
            plain += Term;
        }

        var expected = Terms * (double)Term;
        Assert.NotInRange(plain / expected, 1 - 1e-6, 1 + 1e-6); // or there is nothing to keep
        Assert.InRange(sum.Total() / (4 * expected), 1 - 1e-9, 1 + 1e-9);
    }

    [Fact]
    public void Of_an_infinite_sum_nothing_is_kept()
    {
        var sum = default(CompensatedSum<Lanes128>);
        sum.Add(Lanes128.Of(float.MaxValue));
        sum.Add(Lanes128.Of(float.MaxValue));
        Assert.Equal(double.PositiveInfinity, sum.Total());
    }

    /// <summary>Far beyond what a number can be, and so near to 1 that one more digit of it is not to be had.</summary>
    [Theory]
    [InlineData(0.7f)]
    [InlineData(1e-6f)]
    public void The_logarithm_of_a_product_has_all_its_factors(float factorBeyondOne)
    {
        var product = new ProductLogarithm<Lanes128>();
        for (var i = 0; i < Terms; i++)
            product.Multiply(Lanes128.Of(factorBeyondOne));
        var expected = 4 * Terms * Math.Log(1 + (double)factorBeyondOne);
        Assert.InRange(product.Total() / expected, 1 - 5e-5, 1 + 5e-5);
    }
}
