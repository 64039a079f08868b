using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Tests.Device;

/// <summary>Voxels in which several logits are the largest, or none is, in all device kernels that take a softmax.</summary>
public class DeviceSoftmaxTests(DeviceOnMachine device) : IClassFixture<DeviceOnMachine>
{
    private const int Classes = 3;
    private const int Voxels = 67;

    [Theory]
    [InlineData(float.NaN, 1)]
    [InlineData(float.PositiveInfinity, 1)]
    [InlineData(float.PositiveInfinity, 3)]
    [InlineData(float.NegativeInfinity, 3)]
    public void Without_a_largest_logit_all_sums_are_no_numbers(float logit, int classes)
    {
        var @case = Case();
        for (var c = 0; c < classes; c++)
            @case.Data.Logits[@case.Element(0, c, 12)] = logit;
        foreach (var ofForm in (bool[])[false, true])
        {
            var statistics = device.Run(@case, ofForm: ofForm).Statistics;
            Assert.All([0, 1, 2, 3, 4, 5, 9], column => Assert.True(double.IsNaN(statistics[column])));
        }
    }

    /// <summary>One class, two or all of them, the others near to it or far.</summary>
    [Theory]
    [InlineData(1, -12f)]
    [InlineData(2, -12f)]
    [InlineData(2, -0.5f)]
    [InlineData(3, 0f)]
    public void Classes_share_the_largest_logit(int largest, float others)
    {
        var @case = Case();
        for (var v = 0; v < Voxels; v++)
        {
            for (var c = 0; c < Classes; c++)
                @case.Data.Logits[@case.Element(0, c, v)] = 2 + ((c + v) % Classes < largest ? 0 : others);
        }

        DevicePlanTests.AssertAgrees(device, @case);
    }

    private static DevicePlanCase Case() => DevicePlanTests.CaseOf(
        Classes, Activation.Softmax, OverlapSums.Product, sums: 1, gamma: 0, TargetKind.Float32, LabelType.UInt8, MaskKind.None,
        LogitsType.Float32, valuesOf: 1, Voxels);
}
