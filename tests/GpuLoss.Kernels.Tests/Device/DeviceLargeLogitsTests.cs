using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Tests.Device;

/// <summary>Logits almost as far apart as float32 can say, in the device kernels on the PTX machine, against float64.</summary>
public class DeviceLargeLogitsTests(DeviceOnMachine device) : IClassFixture<DeviceOnMachine>
{
    /// <summary>In registers, padded, shared by warps and in chunks.</summary>
    [Theory]
    [InlineData(2, 4, LogitsType.Float32, 0, 1e10f)]
    [InlineData(4, 4, LogitsType.Float32, 0, 5.3e37f)]
    [InlineData(3, 8, LogitsType.BFloat16, 2, 5.3e37f)]
    [InlineData(20, 1, LogitsType.Float32, 0.5, 5.3e37f)]
    [InlineData(35, 1, LogitsType.Float32, 0, 5.3e37f)]
    [InlineData(150, 1, LogitsType.Float32, 0, 5.3e37f)]
    [InlineData(35, 1, LogitsType.BFloat16, 1, 1e10f)]
    [InlineData(150, 1, LogitsType.BFloat16, 1, 1e10f)]
    public void Logits_of_any_finite_size_agree_with_float64(int classes, int width, Enum typeOf, double gamma, float scale)
    {
        var type = (LogitsType)typeOf;
        var data = new SegmentationCase(samples: 2, classes, voxels: 152, focalGamma: gamma);
        for (var i = 0; i < data.Logits.Length; i++)
            data.Logits[i] *= scale;

        // And a voxel with no other than the smallest.
        for (var c = 0; c < classes; c++)
            data.Logits[c * data.Voxels + 7] = type == LogitsType.Float32 ? float.MinValue : -3.3e38f;
        DeviceReference.AssertAgrees(device, new DeviceCase(data, width, type, LabelType.Int16).Rounded(), blocks: 1);
    }
}
