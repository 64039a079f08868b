using GpuLoss.Kernels.Host;
using GpuLoss.Kernels.Host.Simd;

namespace GpuLoss.Kernels.Tests.Host;

/// <summary>What additions round away, of terms that are rounded the same way each time.</summary>
public class CompensatedSumTests
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
}
