using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Tests.Device;

/// <summary>
/// The device kernels on ILGPU's CPU accelerator against float64. This shows that the code is right; the hardware's own exponential and
/// logarithm are not in it.
/// </summary>
public class DeviceKernelTests(DeviceOnCpu device) : IClassFixture<DeviceOnCpu>
{
    private const double Tolerance = 1e-6;

    private static readonly LossDefinition DiceAndCrossEntropy = new()
    {
        CrossEntropyScale = 1,
        Overlap = new OverlapTerm
        {
            Combination = OverlapCombination.MeanOfRatios,
            Scale = 1,
            Numerator = new LinearForm(2, 0, 0),
            Denominator = new LinearForm(0, 1, 1),
            SmoothNumerator = 1e-5,
            SmoothDenominator = 1e-5,
        },
    };

    [Theory]
    [InlineData(2, 61, 1, LogitsType.Float32, LabelType.Int64, false, false)]
    [InlineData(3, 61, 1, LogitsType.Float16, LabelType.UInt8, false, true)]
    [InlineData(9, 130, 2, LogitsType.Float16, LabelType.UInt8, false, false)]
    [InlineData(4, 132, 4, LogitsType.Float32, LabelType.Int16, true, false)]
    [InlineData(4, 136, 8, LogitsType.BFloat16, LabelType.Int32, false, false)]
    [InlineData(5, 61, 1, LogitsType.Float16, LabelType.Int8, true, true)]
    [InlineData(20, 61, 1, LogitsType.Float32, LabelType.Int64, false, true)]
    [InlineData(20, 130, 1, LogitsType.BFloat16, LabelType.UInt8, true, false)]
    public void Statistics_loss_and_gradient_agree_with_float64(
        int classes, int voxels, int width, LogitsType type, LabelType labels, bool squared, bool channelsLast)
    {
        var data = new SegmentationCase(samples: 2, classes, voxels, squared: squared);
        var @case = new DeviceCase(data, width, type, labels, channelsLast).Rounded();
        var loss = DiceAndCrossEntropy with { Overlap = DiceAndCrossEntropy.Overlap with { SquaredPrediction = squared ? 1 : 0 } };
        var (statistics, value, gradient) = device.Run(@case, loss, lossGradient: 2);

        var expected = data.Statistics();
        AssertClose(expected, statistics);
        var (expectedLoss, expectedGradient) = DiceCEReference.Of(data, expected);
        Assert.Equal(1, value / expectedLoss, Tolerance);
        AssertGradient(@case, expectedGradient, gradient, factor: 2);
    }

    [Fact]
    public void Two_runs_give_the_same_bits()
    {
        var @case = new DeviceCase(new SegmentationCase(samples: 2, classes: 3, voxels: 200), Width: 4);
        var first = device.Run(@case, DiceAndCrossEntropy, blocks: 2);
        var second = device.Run(@case, DiceAndCrossEntropy, blocks: 2);
        Assert.Equal(first.Statistics, second.Statistics);
        Assert.Equal(first.Loss, second.Loss);
        Assert.Equal(first.Gradient, second.Gradient);
    }

    [Theory]
    [InlineData(4, 4)]
    [InlineData(20, 1)]
    public void Ignored_and_invalid_voxels_do_not_exist_whatever_their_logits_are(int classes, int width)
    {
        var data = new SegmentationCase(samples: 2, classes, voxels: 64, ignoreIndex: -7);
        long[] bad = [-7, classes, -4294967295, long.MaxValue, long.MinValue, 4294967297];
        for (var i = 0; i < bad.Length; i++)
        {
            data.Labels[10 * i] = bad[i];
            for (var c = 0; c < classes; c++)
                data.Logits[c * data.Voxels + 10 * i] = i % 2 == 0 ? float.NaN : float.PositiveInfinity;
        }

        var (statistics, _, gradient) = device.Run(new DeviceCase(data, width), DiceAndCrossEntropy);
        var expected = ExpectedWithoutThem(data);
        AssertClose(expected, statistics);
        Assert.Equal(bad.Length - 1, statistics[new StatisticsLayout(classes).InvalidLabels(0)]);
        for (var i = 0; i < bad.Length; i++)
            Assert.All(Enumerable.Range(0, classes), c => Assert.Equal(0f, gradient[c * data.Voxels + 10 * i]));
    }

    [Theory]
    [InlineData(3, float.NaN)]
    [InlineData(3, float.PositiveInfinity)]
    [InlineData(20, float.NaN)]
    [InlineData(20, float.PositiveInfinity)]
    public void A_logit_that_is_not_a_number_makes_the_loss_one(int classes, float logit)
    {
        var data = new SegmentationCase(samples: 1, classes, voxels: 61);
        data.Logits[17] = logit;
        var (_, loss, _) = device.Run(new DeviceCase(data), DiceAndCrossEntropy);
        Assert.True(float.IsNaN(loss));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(20)]
    public void Minus_infinity_is_a_probability_of_zero(int classes)
    {
        var data = new SegmentationCase(samples: 1, classes, voxels: 61);
        data.Logits[17] = float.NegativeInfinity;
        data.Labels[17] = 1;
        var (statistics, _, gradient) = device.Run(new DeviceCase(data), DiceAndCrossEntropy);
        Assert.All(statistics, value => Assert.True(double.IsFinite(value)));
        Assert.Equal(0f, gradient[17]);
        data.Labels[17] = 0;
        (statistics, _, _) = device.Run(new DeviceCase(data), DiceAndCrossEntropy);
        Assert.Equal(double.PositiveInfinity, statistics[new StatisticsLayout(classes).CrossEntropy(0)]);
    }

    [Fact]
    public void Where_all_is_ignored_loss_and_gradient_are_zero()
    {
        var data = new SegmentationCase(samples: 2, classes: 3, voxels: 61, ignoreIndex: 9);
        Array.Fill(data.Labels, 9);
        var (_, loss, gradient) = device.Run(new DeviceCase(data), DiceAndCrossEntropy);
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

    private static void AssertGradient(DeviceCase @case, double[] expected, float[] actual, double factor)
    {
        var largest = factor * expected.Max(Math.Abs);
        var (relative, absolute) = @case.Rounding;
        for (var i = 0; i < expected.Length; i++)
        {
            var allowed = Tolerance * largest + relative * Math.Abs(factor * expected[i]) + absolute;
            Assert.True(Math.Abs(factor * expected[i] - actual[i]) <= allowed, $"gradient {i}: {actual[i]} for {factor * expected[i]} ± {allowed}");
        }
    }

    private static void AssertClose(double[] expected, double[] actual)
    {
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= Tolerance * (1 + Math.Abs(expected[i])), $"statistic {i}: {actual[i]} for {expected[i]}");
    }
}
