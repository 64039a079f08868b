using GpuLoss.Interop.Top;
using GpuLoss.Kernels.Top;
using GpuLoss.Kernels.Top.Device;

namespace GpuLoss.PtxMachine.Tests.Top;

/// <summary>The largest values with kernels for CUDA, against their definition: sorted, in float64.</summary>
public class TopValuesTests
{
    /// <summary>The values that a block begins with; two of these are the least that make a second block.</summary>
    private const int OfBlock = 4096;

    public static TheoryData<string> KindNames => [.. TopValueKinds.Names];

    [Theory]
    [MemberData(nameof(KindNames))]
    public void Mean_and_shares_are_those_of_the_sorted_values(string kind)
    {
        foreach (var (length, count) in new (int Length, long Count)[]
        {
            (1, 1), (3, 2), (4, 1), (10, 3), (511, 511), (2049, 204), (OfBlock, 1), (OfBlock + 1, 400), (3 * OfBlock + 7, 1000),
            (3 * OfBlock + 7, 3 * OfBlock + 6),
        })
        {
            var values = TopValueKinds.Values(kind, length);
            var engine = new TopOnMachine();
            var run = TopRun.Of(engine, values, count, factor: 0.3, gradient: -2);
            AssertDefinition(run, values, count, 0.3, -2, $"{kind}, {count} of {length}");
            Assert.Equal((length + OfBlock - 1) / OfBlock, engine.Driver.Launches[1].Grid.X);
        }
    }

    /// <summary>Whether multiplications and additions are fused or not, in any order of the blocks.</summary>
    [Theory]
    [MemberData(nameof(KindNames))]
    public void The_bits_are_those_of_the_host_whatever_the_order_of_blocks(string kind)
    {
        var values = TopValueKinds.Values(kind, 5 * OfBlock + 1234);
        foreach (var count in (long[])[77, 2000, 20_000])
        {
            var host = TopRun.Of(HostTop.Instance, values, count, factor: 0.7, gradient: 3);
            var runs = Enum.GetValues<BlockOrder>()
                .Select(order => new TopOnMachine(new MachineOptions { Order = order, Fuses = order == BlockOrder.Backward }))
                .Select(engine => TopRun.Of(engine, values, count, 0.7, 3)).ToArray();
            foreach (var run in runs)
            {
                Assert.Equal(host.Value, run.Value);
                Assert.Equal(host.Mean with { Mean = run.Mean.Mean }, run.Mean);
                Assert.Equal(TopRun.Bits(host.Derivatives), TopRun.Bits(run.Derivatives));
            }

            Assert.Equal(runs[(int)BlockOrder.Forward].Mean, runs[(int)BlockOrder.Shuffled].Mean);
        }
    }

    [Fact]
    public void Derivatives_of_several_means_add_up()
    {
        float[] values = [1, 5, 3, 3, 2, 7, 0, 4, 9, 8, float.NaN];
        var (means, derivatives) = TopRun.Of(new TopOnMachine(), values, [(3, 3), (8, -4)], gradient: 1);

        // The largest three are NaN, 9 and 8; of the largest eight, 3 and 3 share a place.
        Assert.Equal([0, -0.5f, -0.5f, -0.5f, 0, -0.5f, 0, -0.5f, 0.5f, 0.5f, 0.5f], derivatives);
        Assert.All(means, mean => Assert.True(double.IsNaN(mean.Mean.Mean) && float.IsNaN(mean.Value)));
    }

    /// <summary>
    /// Blocks look through the counts of the pass before, 16 KB, as much as the values of each here, by four loads of a thread, of which
    /// the level-1 cache of a GPU answers three. In larger volumes blocks have more values.
    /// </summary>
    [Fact]
    public void Values_are_read_four_times_and_once_more_for_their_derivatives()
    {
        var values = TopValueKinds.Values("cross-entropies", 8 * OfBlock);
        var engine = new TopOnMachine();
        TopRun.Of(engine, values, 3000);
        var launches = engine.Driver.Launches;
        Assert.Equal(
            ["Begin", "Count", "Count", "Count", "Sum", "Finish", "Differentiate"],
            launches.Select(launch => launch.Function["Kernel_".Length..]));
        const double SectorBytes = 32;
        var bytes = values.Length * sizeof(float);
        double[] read = [.. launches.Select(launch => SectorBytes * launch.Counters.SectorsLoaded / bytes)];
        Assert.InRange(read[1], 1, 1.1);
        Assert.All(read[2..5], times => Assert.InRange(times, 5, 5.3));
        Assert.InRange(read[^1], 1, 1.2); // and the mean, by every warp
        Assert.Equal(1, SectorBytes * launches[^1].Counters.SectorsStored / bytes);
    }

    /// <summary>As large as makes every thread of all blocks go on.</summary>
    [Fact]
    public void Many_values_are_as_few()
    {
        var values = TopValueKinds.Values("cross-entropies", 512 * OfBlock + 4 * 512 * 512 + 3);
        var engine = new TopOnMachine();
        AssertDefinition(TopRun.Of(engine, values, 100_000), values, 100_000, 1, 1, "many");
        Assert.Equal(512, engine.Driver.Launches[1].Grid.X);
    }

    private static void AssertDefinition(TopRun run, float[] values, long count, double factor, float gradient, string what)
    {
        double[] sorted = [.. values.Select(value => (double)value).Order()]; // NaN at the beginning
        var nans = sorted.Count(double.IsNaN);
        double[] largest = [.. sorted[..(int)Math.Min(nans, count)], .. sorted[nans..].TakeLast((int)Math.Max(0, count - nans))];
        var (sum, least) = (largest.Sum() / count, count <= nans ? double.NaN : largest.Skip(nans).First());
        var scale = largest.Sum(Math.Abs) / count;
        Assert.True(run.Mean.Mean.Equals(sum) || Math.Abs(run.Mean.Mean - sum) <= 1e-14 * scale, $"{what}: {run.Mean.Mean} for {sum}");
        Assert.True(least.Equals(run.Mean.Least) || least == run.Mean.Least, $"{what}: {run.Mean.Least} for {least}");
        Assert.True(
            run.Value.Equals((float)(sum * factor)) || Math.Abs(run.Value - sum * factor) <= 1e-7 * scale * factor,
            $"{what}: {run.Value} for {sum * factor}");
        var above = values.Count(value => value > least || (float.IsNaN(value) && !double.IsNaN(least)));
        var equal = values.Count(IsEqual);
        for (var i = 0; i < values.Length; i++)
        {
            var share = IsEqual(values[i]) ? (double)(count - above) / equal / count
                : values[i] > least || (float.IsNaN(values[i]) && !double.IsNaN(least)) ? 1.0 / count : 0;
            Assert.True(
                Math.Abs(run.Derivatives[i] - share * factor * gradient) <= 1e-7 * share * Math.Abs(factor * gradient),
                $"{what}: derivative {i} is {run.Derivatives[i]} for {share * factor * gradient}");
        }

        bool IsEqual(float value) => double.IsNaN(least) ? float.IsNaN(value) : value == least;
    }
}
