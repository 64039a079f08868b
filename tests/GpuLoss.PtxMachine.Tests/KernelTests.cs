using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;
using GpuLoss.Kernels.Tests;
using GpuLoss.Kernels.Tests.Device;

namespace GpuLoss.PtxMachine.Tests;

/// <summary>
/// The kernels that the library hands to the driver, launched by the library's own engine and executed instruction by instruction: against
/// float64, with the hardware's approximations at their worst, multiplications fused or not, and blocks in several orders.
/// </summary>
public class KernelTests
{
    /// <summary>Pairwise in every build; the night runs every kernel with every type of label.</summary>
    public static TheoryData<int, Enum, Enum, bool, bool, int, int, string, bool> Chosen
    {
        get
        {
            var all = KernelCombination.Of(Nightly.IsOn ? KernelCombination.Night : KernelCombination.Day);
            var rows = new TheoryData<int, Enum, Enum, bool, bool, int, int, string, bool>();
            foreach (var one in Nightly.IsOn ? all : PairwiseCover.Of(all, one =>
                [one.Classes, one.Type, one.Labels, one.Squared, one.ChannelsLast, one.Voxels, one.Shift, one.Error, one.Fuses]))
            {
                rows.Add(one.Classes, one.Type, one.Labels, one.Squared, one.ChannelsLast, one.Voxels, one.Shift, one.Error.ToString(),
                    one.Fuses);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Chosen))]
    public void Kernels_agree_with_float64(
        int classes, Enum typeOf, Enum labelsOf, bool squared, bool channelsLast, int voxels, int shift, string error, bool fuses)
    {
        var one = new KernelCombination(
            classes, (LogitsType)typeOf, (LabelType)labelsOf, squared, channelsLast, voxels, shift,
            Enum.Parse<ApproximationError>(error), fuses);
        var @case = one.Case();
        var engine = new EngineOnMachine(new MachineOptions { Error = one.Error, Fuses = one.Fuses });
        Agreement.AssertAgrees(@case, MachineRuns.Run(engine, @case, DiceCEDefinition.LossOf(@case.Data), one.Shift));
        Assert.Equal(4, engine.Driver.Launches.Count);
    }

    [Theory]
    [InlineData(2, 2100, LogitsType.Float32, 0)]
    [InlineData(14, 300, LogitsType.BFloat16, 0)]
    [InlineData(35, 260, LogitsType.Float32, 0)]
    [InlineData(150, 1100, LogitsType.Float32, 0)]
    [InlineData(4, 2100, LogitsType.Float16, 2.5)]
    public void All_orders_of_the_blocks_give_the_same_bits(int classes, int voxels, Enum typeOf, double gamma)
    {
        var type = (LogitsType)typeOf;
        var data = new SegmentationCase(samples: 2, classes, voxels, focalGamma: gamma);
        var @case = new DeviceCase(data, Width: 1, type, LabelType.UInt8).Rounded();
        var results = Enum.GetValues<BlockOrder>().Select(order =>
        {
            var engine = new EngineOnMachine(new MachineOptions { Order = order });
            var result = MachineRuns.Run(engine, @case, DiceCEDefinition.LossOf(data));
            Assert.True(engine.Driver.Launches[0].Counters.Blocks > 2);
            return result;
        }).ToArray();
        Agreement.AssertAgrees(@case, results[0]);
        Assert.All(results, result =>
        {
            Assert.Equal(results[0].Statistics, result.Statistics);
            Assert.Equal(results[0].Value, result.Value);
            Assert.Equal(results[0].Gradient, result.Gradient);
        });
    }

    /// <summary>Where cross-entropy is small the absolute error of lg2.approx near 1 could be all there is of it.</summary>
    [Theory]
    [InlineData("None")]
    [InlineData("Up")]
    [InlineData("Down")]
    [InlineData("Alternating")]
    public void Confident_logits_agree_with_float64(string error)
    {
        var data = new SegmentationCase(samples: 1, classes: 4, voxels: 512);
        for (var v = 0; v < data.Voxels; v++)
        {
            for (var c = 0; c < data.Classes; c++)
                data.Logits[c * data.Voxels + v] += (v % 4) switch
                {
                    0 => c == data.Labels[v] ? 12 : 0,
                    2 =>
                    c == data.Labels[v] ? 80 : -80,
                    _ => 0
                };
        }

        var @case = new DeviceCase(data, Width: 1, LogitsType.Float32, LabelType.Int64);
        var engine = new EngineOnMachine(new MachineOptions { Error = Enum.Parse<ApproximationError>(error) });
        Agreement.AssertAgrees(@case, MachineRuns.Run(engine, @case, DiceCEDefinition.LossOf(data)));
    }

    [Fact]
    public void Powers_and_logarithms_of_a_ratio_agree_with_float64()
    {
        const double power = 0.3;
        var data = new SegmentationCase(samples: 2, classes: 3, voxels: 90);
        var @case = new DeviceCase(data);
        var loss = DiceCEDefinition.LossOf(data);
        var result = MachineRuns.Run(
            new EngineOnMachine(), @case,
            loss with { Overlap = loss.Overlap with { Measure = OverlapMeasure.NegativeLogarithm, Exponent = power } });
        var (expected, gradient) = DiceCEReference.Of(data, data.Statistics(), power);
        Assert.InRange(result.Value / expected - 1, -1e-6, 1e-6);
        var allowed = 1e-6 * MachineRuns.LossGradient * gradient.Max(Math.Abs);
        Assert.All(gradient.Zip(result.Gradient), pair =>
            Assert.InRange(pair.Second - MachineRuns.LossGradient * pair.First, -allowed, allowed));
    }
}
