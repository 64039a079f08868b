using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Tests.Device;

/// <summary>The powers of focal loss, of which the square has kernels of its own, and poly-1.</summary>
public class DevicePowerTests(DeviceOnMachine device) : IClassFixture<DeviceOnMachine>
{
    private const int Classes = 3;
    private const int Voxels = 67;

    [Theory]
    [InlineData(Activation.Softmax, 0.5)]
    [InlineData(Activation.Softmax, 2)]
    [InlineData(Activation.Sigmoid, 0.5)]
    [InlineData(Activation.Sigmoid, 3)]
    public void Any_power_agrees_with_float64(Enum activationOf, double gamma) => DevicePlanTests.AssertAgrees(
        device,
        DevicePlanTests.CaseOf(
            Classes, (Activation)activationOf, OverlapSums.Product, sums: 1, gamma, TargetKind.Float32, LabelType.UInt8, MaskKind.None,
            LogitsType.Float32, valuesOf: 0, Voxels));

    [Fact]
    public void Poly_1_of_class_indices_has_no_kernel_of_cross_entropy()
    {
        var volume = DeviceVolume.Of(
            new LogitsShape(1, Classes, Voxels), null, TargetKind.Labels, LabelType.UInt8, ignoreIndex: -100, MaskKind.None);
        var sum = new SumDefinition { Activation = Activation.Softmax, HasVoxelTerm = 1 };
        Assert.Equal(DeviceForm.Labels, DeviceKernelTable.FormOf(volume, sum));
        Assert.Equal(DeviceForm.Softmax, DeviceKernelTable.FormOf(volume, sum with { Poly = 1 }));
    }
}
