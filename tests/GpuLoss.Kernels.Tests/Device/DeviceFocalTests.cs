using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Tests.Device;

/// <summary>Focal loss in the device kernels on the PTX machine against float64.</summary>
public class DeviceFocalTests(DeviceOnMachine device) : IClassFixture<DeviceOnMachine>
{
    private const long Ignored = 255;

    /// <summary>In registers, padded, shared by warps and in chunks; scaled logits leave most voxels with a probability that float32 rounds
    /// to 0 or 1.</summary>
    [Theory]
    [InlineData(4, 4, LogitsType.Float32, 2, 1)]
    [InlineData(4, 4, LogitsType.Float32, 0.5, 12)]
    [InlineData(3, 8, LogitsType.Float16, 0.5, 1)]
    [InlineData(9, 2, LogitsType.BFloat16, 2, 12)]
    [InlineData(2, 1, LogitsType.Float32, 1, 12)]
    [InlineData(20, 1, LogitsType.Float32, 0.5, 1)]
    [InlineData(20, 1, LogitsType.Float16, 2, 12)]
    [InlineData(35, 1, LogitsType.Float32, 2, 1)]
    [InlineData(150, 1, LogitsType.Float32, 2, 1)]
    [InlineData(35, 1, LogitsType.Float16, 0.5, 12)]
    [InlineData(150, 1, LogitsType.Float16, 0.5, 12)]
    public void Focal_loss_agrees_with_float64(int classes, int width, Enum typeOf, double gamma, float scale)
    {
        var type = (LogitsType)typeOf;
        var data = new SegmentationCase(samples: 2, classes, voxels: 152, ignoreIndex: Ignored, focalGamma: gamma);
        for (var i = 0; i < data.Logits.Length; i++)
            data.Logits[i] *= scale;
        for (var i = 0; i < data.Voxels; i += 10)
        {
            data.Labels[i] = i % 20 == 0 ? Ignored : -1;
            for (var c = 0; c < classes; c++)
                data.Logits[c * data.Voxels + i] = float.NaN;
        }

        DeviceReference.AssertAgrees(device, new DeviceCase(data, width, type, LabelType.Int16).Rounded(), blocks: 1);
    }

    [Theory]
    [InlineData(3, 0.5)]
    [InlineData(20, 2)]
    [InlineData(35, 0.5)]
    [InlineData(150, 0.5)]
    public void A_probability_of_zero_has_the_gradient_of_cross_entropy(int classes, double gamma)
    {
        var data = new SegmentationCase(samples: 1, classes, voxels: 61, focalGamma: gamma);
        data.Logits[17] = float.NegativeInfinity;
        data.Labels[17] = 0;
        var (statistics, _, gradient) = device.Run(new DeviceCase(data), DeviceReference.Loss with { FocalGamma = gamma });
        Assert.Equal(double.PositiveInfinity, statistics[new StatisticsLayout(classes).VoxelTerm(0)]);
        DiceCEReference.AssertGradient(DiceCEReference.Of(data, data.Statistics()).Gradient, gradient);
    }

    /// <summary>The hardware's reciprocal may round a probability to the number above 1, which the processor's never does.</summary>
    [Theory]
    [InlineData(0.5f)]
    [InlineData(1f)]
    [InlineData(2f)]
    public void Factors_are_near_zero_where_a_probability_is_rounded_to_one_or_above(float gamma)
    {
        foreach (var probability in new[] { 1f, MathF.BitIncrement(1), MathF.BitDecrement(1) })
        {
            var own = new OneVoxel(probability);
            Assert.InRange(DeviceFocal.Weight(own, gamma).Value, 0, 1e-3);
            Assert.InRange(DeviceFocal.Slope(own, gamma).Value, -1e-3, 1e-3);
        }
    }
}
