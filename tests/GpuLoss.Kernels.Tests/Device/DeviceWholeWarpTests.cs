using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Tests.Device;

/// <summary>A kernel of each kind in every build with the warps that a GPU has, a block and a bit of them. The other tests have them at night.</summary>
public sealed class DeviceWholeWarpTests : IDisposable
{
    private const int Voxels = 67;
    private readonly DeviceOnCpu device = new(DeviceOnCpu.WholeWarp);

    public void Dispose() => device.Dispose();

    /// <summary>In registers, padded and in chunks.</summary>
    [Theory]
    [InlineData(4, 4, LogitsType.Float32)]
    [InlineData(3, 8, LogitsType.Float16)]
    [InlineData(9, 2, LogitsType.BFloat16)]
    [InlineData(33, 1, LogitsType.Float32)]
    public void Kernels_agree_with_float64(int classes, int width, Enum typeOf)
    {
        var type = (LogitsType)typeOf;
        var data = new SegmentationCase(samples: 1, classes, Voxels * width);
        DeviceReference.AssertAgrees(device, new DeviceCase(data, width, type, LabelType.UInt8).Rounded(), blocks: 1);
    }

    [Theory]
    [InlineData(Activation.Softmax, OverlapSums.Product)]
    [InlineData(Activation.Sigmoid, OverlapSums.Absolute)]
    public void General_kernels_agree_with_float64(Enum activationOf, Enum overlapOf) => DeviceGeneralTests.AssertAgrees(
        device,
        DeviceGeneralTests.CaseOf(
            classes: 3, (Activation)activationOf, (OverlapSums)overlapOf, sums: 1, gamma: 2, TargetKind.Labels, LabelType.Int64, MaskKind.Float32, LogitsType.Float32, valuesOf: 1));
}
