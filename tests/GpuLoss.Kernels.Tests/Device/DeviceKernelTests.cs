using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Tests.Device;

/// <summary>
/// The device kernels on the PTX machine against float64, in small blocks.
/// </summary>
public class DeviceKernelTests(DeviceOnMachine device) : IClassFixture<DeviceOnMachine>
{
    [Fact]
    public void Sums_over_several_runs_and_blocks_agree_with_float64()
    {
        var data = new SegmentationCase(
            samples: 1, classes: 2, voxels: 2 * DeviceOnMachine.Threads * DeviceReduce.Run + DeviceOnMachine.Threads + 13);
        DeviceReference.AssertAgrees(device, new DeviceCase(data, Width: 1), blocks: 2);
        DeviceReference.AssertAgrees(device, new DeviceCase(data, Width: 1), blocks: 1);
    }

    /// <summary>Single voxels at night only: a thread adds them up as it does vectors.</summary>
    public static TheoryData<float, Enum, int> EqualVoxels
    {
        get
        {
            var all = new TheoryData<float, Enum, int> { { 0.37f, LogitsType.Float32, 4 }, { 5.3f, LogitsType.BFloat16, 8 } };
            if (DeviceOnMachine.RunsAll)
                all.Add(-2.1f, LogitsType.Float32, 1);
            return all;
        }
    }

    /// <summary>
    /// Where all voxels are the same every thread errs alike and nothing averages out: the worst case. 2048 voxels per thread are twice as
    /// many as 512^3 voxels make on an H100; in float32 from end to end their sums would be off by up to 1e-5.
    /// </summary>
    [Theory]
    [MemberData(nameof(EqualVoxels))]
    public void Sums_of_many_equal_voxels_are_right_to_a_millionth(float logit, Enum typeOf, int width)
    {
        var type = (LogitsType)typeOf;
        var data = new SegmentationCase(samples: 1, classes: 2, voxels: DeviceOnMachine.Threads * 2048, weighted: false);
        Array.Fill(data.Labels, 1);
        Array.Fill(data.Logits, logit, 0, data.Voxels);
        Array.Fill(data.Logits, 0, data.Voxels, data.Voxels);
        var @case = new DeviceCase(data, width, type, LabelType.UInt8).Rounded();
        var statistics = device.Run(@case, DeviceReference.Loss).Statistics;
        var other = 1 / (1 + Math.Exp(-data.Logits[0]));
        double[] ofVoxel = [0, 1 - other, other, 1 - other, 0, 1, -Math.Log(1 - other), 1, 0];
        Assert.All(ofVoxel.Zip(statistics), pair =>
            Assert.InRange(pair.Second / data.Voxels - pair.First, -1e-6 * pair.First, 1e-6 * pair.First));
    }

    [Fact]
    public void More_classes_than_a_byte_holds_agree_with_float64() => DeviceReference.AssertAgrees(
        device, new DeviceCase(new SegmentationCase(samples: 1, classes: 260, voxels: 7), Labels: LabelType.Int16), blocks: 1);

    [Fact]
    public void Powers_and_logarithms_of_a_ratio_agree_with_float64()
    {
        const double power = 0.3;
        var data = new SegmentationCase(samples: 2, classes: 3, voxels: 90);
        var loss = DeviceReference.Loss with
        {
            Overlap = DeviceReference.Loss.Overlap with { Measure = OverlapMeasure.NegativeLogarithm, Exponent = power },
        };
        var (_, value, gradient) = device.Run(new DeviceCase(data), loss);

        var (expected, expectedGradient) = DiceCEReference.Of(data, data.Statistics(), power);
        Assert.InRange(value / expected - 1, -1e-6, 1e-6);
        DiceCEReference.AssertGradient(expectedGradient, gradient);
    }

    /// <summary>The lanes of a warp, each with classes of its own, have to agree on that weight.</summary>
    [Fact]
    public void An_absent_class_has_the_largest_weight_of_the_others()
    {
        var data = new SegmentationCase(samples: 1, classes: 3, voxels: 90);
        for (var v = 0; v < data.Voxels; v++)
            data.Labels[v] %= 2;
        var overlap = DeviceReference.Loss.Overlap with
        {
            Combination = OverlapCombination.RatioOfSums,
            Weighting = VolumeWeighting.Simple
        };
        var (_, value, _) = device.Run(new DeviceCase(data), new LossDefinition { Overlap = overlap });

        var (layout, sums) = (new StatisticsLayout(data.Classes), data.Statistics());
        double[] targets = [.. Enumerable.Range(0, data.Classes).Select(c => sums[layout.Target(0, c)])];
        Assert.Equal(0, targets[2]);
        double[] weights = [1 / targets[0], 1 / targets[1], 1 / Math.Min(targets[0], targets[1])];
        var (numerator, denominator) = (overlap.SmoothNumerator, overlap.SmoothDenominator);
        for (var c = 0; c < data.Classes; c++)
        {
            numerator += weights[c] * 2 * sums[layout.Intersection(0, c)];
            denominator += weights[c] * (sums[layout.Prediction(0, c)] + targets[c]);
        }

        Assert.InRange(value / (1 - numerator / denominator) - 1, -1e-6, 1e-6);
    }

    [Fact]
    public void Two_runs_give_the_same_bits()
    {
        var @case = new DeviceCase(new SegmentationCase(samples: 2, classes: 3, voxels: 200), Width: 4);
        var first = device.Run(@case, DeviceReference.Loss, blocks: 2);
        var second = device.Run(@case, DeviceReference.Loss, blocks: 2);
        Assert.Equal(first.Statistics, second.Statistics);
        Assert.Equal(first.Loss, second.Loss);
        Assert.Equal(first.Gradient, second.Gradient);
    }

    /// <summary>The first of the labels is the ignored one, the others are invalid whatever the number of classes.</summary>
    [Theory]
    [InlineData(4, 4, LogitsType.Float32, LabelType.Int64, new[] { -7, 20, -4294967295, long.MaxValue, long.MinValue, 4294967297 })]
    [InlineData(20, 1, LogitsType.Float32, LabelType.Int64, new[] { -7, 20, -4294967295, long.MaxValue, long.MinValue, 4294967297 })]
    [InlineData(35, 1, LogitsType.Float32, LabelType.Int64, new[] { -7, 35, -4294967295, long.MaxValue, long.MinValue, 4294967297 })]
    [InlineData(150, 1, LogitsType.Float32, LabelType.Int64, new[] { -7, 150, -4294967295, long.MaxValue, long.MinValue, 4294967297 })]
    [InlineData(4, 8, LogitsType.BFloat16, LabelType.Int64, new[] { -7, 20, -4294967295, long.MaxValue, long.MinValue, 4294967297 })]
    [InlineData(9, 2, LogitsType.Float32, LabelType.Int64, new[] { -7, 20, -4294967295, long.MaxValue, long.MinValue, 4294967297 })]
    [InlineData(3, 4, LogitsType.Float32, LabelType.Int32, new[] { -7, 20, int.MaxValue, int.MinValue, -1L })]
    [InlineData(12, 2, LogitsType.Float16, LabelType.Int16, new[] { -7, 20, short.MaxValue, short.MinValue, -1L })]
    [InlineData(2, 8, LogitsType.Float16, LabelType.Int8, new[] { -7, 20, 127, -128, -1L })]
    [InlineData(6, 1, LogitsType.BFloat16, LabelType.Int8, new[] { -7, 20, 127, -128, -1L })]
    [InlineData(5, 4, LogitsType.Float32, LabelType.UInt8, new[] { 255, 20, 254, 128, 200L })]
    public void Ignored_and_invalid_voxels_do_not_exist_whatever_their_logits_are(
        int classes, int width, Enum typeOf, Enum labelsOf, long[] bad)
    {
        var type = (LogitsType)typeOf;
        var labels = (LabelType)labelsOf;
        var data = new SegmentationCase(samples: 2, classes, voxels: 64, ignoreIndex: bad[0]);
        for (var i = 0; i < bad.Length; i++)
        {
            data.Labels[10 * i] = bad[i];
            for (var c = 0; c < classes; c++)
                data.Logits[c * data.Voxels + 10 * i] = i % 2 == 0 ? float.NaN : float.PositiveInfinity;
        }

        var (statistics, _, gradient) = device.Run(new DeviceCase(data, width, type, labels).Rounded(), DeviceReference.Loss);
        var expected = ExpectedWithoutThem(data);
        DeviceReference.AssertClose(expected, statistics);
        Assert.Equal(bad.Length - 1, statistics[new StatisticsLayout(classes).InvalidLabels(0)]);
        for (var i = 0; i < bad.Length; i++)
            Assert.All(Enumerable.Range(0, classes), c => Assert.Equal(0f, gradient[c * data.Voxels + 10 * i]));
    }

    [Theory]
    [InlineData(3, float.NaN)]
    [InlineData(3, float.PositiveInfinity)]
    [InlineData(20, float.NaN)]
    [InlineData(20, float.PositiveInfinity)]
    [InlineData(35, float.NaN)]
    [InlineData(150, float.NaN)]
    [InlineData(35, float.PositiveInfinity)]
    [InlineData(150, float.PositiveInfinity)]
    public void A_logit_that_is_not_a_number_makes_the_loss_one(int classes, float logit)
    {
        var data = new SegmentationCase(samples: 1, classes, voxels: 61);
        data.Logits[17] = logit;
        var (_, loss, _) = device.Run(new DeviceCase(data), DeviceReference.Loss);
        Assert.True(float.IsNaN(loss));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(20)]
    [InlineData(35)]
    [InlineData(150)]
    public void Minus_infinity_is_a_probability_of_zero(int classes)
    {
        var data = new SegmentationCase(samples: 1, classes, voxels: 61);
        data.Logits[17] = float.NegativeInfinity;
        data.Labels[17] = 1;
        var (statistics, _, gradient) = device.Run(new DeviceCase(data), DeviceReference.Loss);
        Assert.All(statistics, value => Assert.True(double.IsFinite(value)));
        Assert.Equal(0f, gradient[17]);
        data.Labels[17] = 0;
        (statistics, _, _) = device.Run(new DeviceCase(data), DeviceReference.Loss);
        Assert.Equal(double.PositiveInfinity, statistics[new StatisticsLayout(classes).VoxelTerm(0)]);
    }

    [Fact]
    public void Where_all_is_ignored_loss_and_gradient_are_zero()
    {
        var data = new SegmentationCase(samples: 2, classes: 3, voxels: 61, ignoreIndex: 9);
        Array.Fill(data.Labels, 9);
        var (_, loss, gradient) = device.Run(new DeviceCase(data), DeviceReference.Loss);
        Assert.Equal(0f, loss);
        Assert.All(gradient, value => Assert.Equal(0f, value));
    }

    private static double[] ExpectedWithoutThem(SegmentationCase data)
    {
        // In float64 too the voxels are left out before anything is computed of them: a finite stand-in changes nothing.
        for (var i = 0; i < data.Logits.Length; i++)
        {
            if (!float.IsFinite(data.Logits[i]))
                data.Logits[i] = 0;
        }

        return data.Statistics();
    }
}
