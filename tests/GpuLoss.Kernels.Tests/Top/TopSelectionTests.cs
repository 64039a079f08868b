using GpuLoss.Kernels.Host;
using GpuLoss.Kernels.Top;

namespace GpuLoss.Kernels.Tests.Top;

/// <summary>The largest values against their definition: sorted, in double.</summary>
public unsafe class TopSelectionTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(10, 3)]
    [InlineData(8192, 800)]
    [InlineData(8193, 8193)]
    [InlineData(50_000, 5_000)]
    [InlineData(70_001, 1)]
    [InlineData(70_001, 69_990)]
    [InlineData(70_001, 70_001)]
    public void Mean_and_shares_are_those_of_the_sorted_values(int length, int count)
    {
        var random = new Random(length);
        Func<double>[] kinds =
        [
            () => -Math.Log(random.NextDouble()), () => random.Next(4) / 4.0, () => random.Next(200), () =>
                random.NextDouble() - 0.5, () => 0.25, () => Math.Exp(80 * random.NextDouble() - 40),
        ];
        foreach (var kind in kinds)
        {
            var values = Enumerable.Range(0, length).Select(_ => (float)kind()).ToArray();
            Check(values, count);
            CheckDouble([.. values.Select(value => value * (1 + 1e-10 * random.NextDouble()))], count);
        }
    }

    [Fact]
    public void Infinity_counts_and_zeros_of_both_signs_are_equal()
    {
        Check([1, float.PositiveInfinity, 0, 2], 1);
        Check([-0f, 0, -1, -0f, float.NegativeInfinity], 2);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void What_is_not_a_number_is_larger_than_all_others(int count)
    {
        foreach (var nan in new[] { float.NaN, -float.NaN })
        {
            var (mean, shares) = Select([1, nan, float.PositiveInfinity, 0], count);
            Assert.True(double.IsNaN(mean));
            Assert.Equal(1f / count, shares[1]);
            Assert.Equal(0, shares[3]);
        }
    }

    [Theory]
    [InlineData(30, 8_000)]
    [InlineData(9_000, 8_000)]
    public void So_it_is_among_many(int nans, int count)
    {
        var random = new Random(nans);
        var values = Enumerable.Range(0, 80_000).Select(i => i < nans ? float.NaN : random.NextSingle()).ToArray();
        random.Shuffle(values);
        var (mean, shares) = Select(values, count);
        Assert.True(double.IsNaN(mean));
        Assert.Equal(1, shares.Sum(share => (double)share), 1e-5);
        var share = nans < count ? 1f / count : 1f / nans;
        Assert.All(values.Zip(shares).Where(pair => float.IsNaN(pair.First)), pair => Assert.Equal(share, pair.Second, 1e-9f));
    }

    [Fact]
    public void Derivatives_of_several_means_add_up()
    {
        float[] values = [1, 5, 3, 3, 2, 7, 0, 4, 9, 8, float.NaN];
        var derivatives = new float[values.Length];
        fixed (float* first = values, ofEach = derivatives)
        {
            var team = new ThreadPoolTeam(2);
            var (three, eight) = (TopSelection.Select(first, values.Length, 3, team), TopSelection.Select(first, values.Length, 8, team));
            TopSelection.Differentiate(first, values.Length, [three.Times(3), eight.Times(-4)], ofEach, team);
        }

        // The largest three are NaN, 9 and 8; of the largest eight, 3 and 3 share a place.
        Assert.Equal([0, -0.5f, -0.5f, -0.5f, 0, -0.5f, 0, -0.5f, 0.5f, 0.5f, 0.5f], derivatives);
    }

    [Fact]
    public void A_sorted_volume_is_as_any_other()
    {
        var values = Enumerable.Range(0, 200_000).Select(i => i / 1000f).ToArray();
        Check(values, 20_000);
        Array.Reverse(values);
        Check(values, 20_000);
    }

    [Fact]
    public void The_bits_do_not_depend_on_the_team()
    {
        var random = new Random(2);
        var values = Enumerable.Range(0, 100_000).Select(_ => random.NextSingle()).ToArray();
        var (mean, shares) = Select(values, 9_999, threads: 1);
        foreach (var threads in new[] { 2, 5 })
        {
            var (other, otherShares) = Select(values, 9_999, threads);
            Assert.Equal(mean, other);
            Assert.Equal(shares, otherShares);
        }
    }

    private static void Check(float[] values, int count)
    {
        var (mean, shares) = Select(values, count);
        AssertDefinition([.. values.Select(value => (double)value)], count, mean, [.. shares.Select(share => (double)share)], 1e-6);
    }

    private static void CheckDouble(double[] values, int count)
    {
        var shares = new double[values.Length];
        fixed (double* first = values, ofShares = shares)
        {
            var mean = TopSelection.Select(first, values.Length, count, new ThreadPoolTeam(2));
            TopSelection.Differentiate(first, values.Length, [mean], ofShares, new ThreadPoolTeam(2));
            AssertDefinition(values, count, mean.Mean, shares, 1e-14);
        }
    }

    private static void AssertDefinition(double[] values, int count, double mean, double[] shares, double tolerance)
    {
        var sorted = values.OrderDescending().ToArray();
        var least = sorted[count - 1];
        var expected = sorted.Take(count).Sum() / count;
        var largest = sorted.Take(count).Sum(Math.Abs) / count;
        Assert.True(mean.Equals(expected) || Math.Abs(mean - expected) <= 1e-12 * largest, $"{mean} for {expected}");
        var (above, equal) = (values.Count(value => value > least), values.Count(value => value == least));
        for (var i = 0; i < values.Length; i++)
        {
            var share = values[i] > least ? 1.0 / count : values[i] == least ? (double)(count - above) / equal / count : 0;
            Assert.InRange(shares[i] - share, -tolerance * share, tolerance * share);
        }
    }

    private static (double Mean, float[] Shares) Select(float[] values, int count, int threads = 2)
    {
        var shares = new float[values.Length];
        fixed (float* first = values, ofShares = shares)
        {
            var mean = TopSelection.Select(first, values.Length, count, new ThreadPoolTeam(threads));
            TopSelection.Differentiate(first, values.Length, [mean], ofShares, new ThreadPoolTeam(threads));
            return (mean.Mean, shares);
        }
    }
}
