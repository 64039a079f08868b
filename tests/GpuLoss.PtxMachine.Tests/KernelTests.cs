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
    /// <summary>How many combinations are made of each C, type of logits and type of labels.</summary>
    private static readonly int Candidates = Nightly.IsOn ? 16 : 4;

    private static readonly ApproximationError[] Errors =
        [ApproximationError.None, ApproximationError.Up, ApproximationError.Down, ApproximationError.Alternating];

    private static readonly int[] Sizes = [1, 60, 77];

    /// <summary>Pairwise in every build; the night runs every kernel with every type of label.</summary>
    public static TheoryData<int, Enum, Enum, bool, bool, int, int, string, bool> Chosen
    {
        get
        {
            var all = Combinations();
            var rows = new TheoryData<int, Enum, Enum, bool, bool, int, int, string, bool>();
            foreach (var one in Nightly.IsOn ? all : PairwiseCover.Of(all, one =>
                [one.Classes, one.Type, one.Labels, one.Squared, one.ChannelsLast, one.Vectors, one.Shift, one.Error, one.Fuses]))
            {
                rows.Add(one.Classes, one.Type, one.Labels, one.Squared, one.ChannelsLast, one.Vectors, one.Shift, one.Error.ToString(),
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
        var type = (LogitsType)typeOf;
        var labels = (LabelType)labelsOf;
        var data = new SegmentationCase(samples: 2, classes, voxels, ignoreIndex: classes > 2 ? 1 : -100, squared);
        if (labels != LabelType.UInt8 && voxels > 5)
            data.Labels[5] = -7;
        var @case = new DeviceCase(data, Width: 1, type, labels, channelsLast).Rounded();
        var engine = new EngineOnMachine(new MachineOptions { Error = Enum.Parse<ApproximationError>(error), Fuses = fuses });
        Agreement.AssertAgrees(@case, MachineRuns.Run(engine, @case, Agreement.LossOf(data), shift));
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
            var result = MachineRuns.Run(engine, @case, Agreement.LossOf(data));
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
        Agreement.AssertAgrees(@case, MachineRuns.Run(engine, @case, Agreement.LossOf(data)));
    }

    [Fact]
    public void Powers_and_logarithms_of_a_ratio_agree_with_float64()
    {
        const double power = 0.3;
        var data = new SegmentationCase(samples: 2, classes: 3, voxels: 90);
        var @case = new DeviceCase(data);
        var loss = Agreement.LossOf(data);
        var result = MachineRuns.Run(
            new EngineOnMachine(), @case,
            loss with { Overlap = loss.Overlap with { Measure = OverlapMeasure.NegativeLogarithm, Exponent = power } });
        var (expected, gradient) = DiceCEReference.Of(data, data.Statistics(), power);
        Assert.InRange(result.Value / expected - 1, -1e-6, 1e-6);
        var allowed = 1e-6 * MachineRuns.LossGradient * gradient.Max(Math.Abs);
        Assert.All(gradient.Zip(result.Gradient), pair =>
            Assert.InRange(pair.Second - MachineRuns.LossGradient * pair.First, -allowed, allowed));
    }

    /// <summary>Of the hundred thousand combinations some to choose from; at night every C with every type, and everything else as it
    /// comes.</summary>
    private static List<Combination> Combinations()
    {
        var random = new Random(5);
        T Any<T>(params ReadOnlySpan<T> values) => values[random.Next(values.Length)];
        return [.. from classes in (int[])[1, 2, 3, 4, 6, 9, 14, 16, 20, 31, 35, 63, 70, 105, 133, 150]
            from type in DeviceKernelCatalogue.LogitsTypes
            from labels in Enum.GetValues<LabelType>()
            where classes <= sbyte.MaxValue + 1 || labels != LabelType.Int8
            from _ in Enumerable.Range(0, Candidates)
            select new Combination(
                classes, type, labels, Any(false, true), Any(false, true), Any(Sizes), Any(0, 1), Any(Errors), Any(false, true))];
    }

    private sealed record Combination(
        int Classes, LogitsType Type, LabelType Labels, bool Squared, bool ChannelsLast, int Vectors, int Shift, ApproximationError Error,
        bool Fuses);
}
