using GpuLoss.Kernels.Objective;
using GpuLoss.Kernels.Tests;
using GpuLoss.Kernels.Tests.Device;

namespace GpuLoss.PtxMachine.Tests;

/// <summary>What runs on the machine against float64.</summary>
internal static class Agreement
{
    /// <summary>As on the host.</summary>
    public const double Tolerance = 1e-6;

    /// <summary>Where all is 0 a relative tolerance allows nothing.</summary>
    private const double OfZero = 1e-12;

    /// <summary>With one class loss and gradient are 0 but for the errors of the approximations: those of p = 1, spread over the
    /// voxels.</summary>
    private static double OfOneClass(SegmentationCase data) => data.Classes == 1 ? Tolerance / (data.Samples * data.Voxels) : 0;

    public static void AssertAgrees(DeviceCase @case, MachineResult actual, double gradientTolerance = Tolerance)
    {
        var data = @case.Data;
        var expected = data.Statistics();
        AssertClose("statistic", expected, actual.Statistics);
        var (loss, gradient) = DiceCEReference.Of(data, expected);
        Assert.True(Math.Abs(loss - actual.Value) <= Tolerance * (1 + loss), $"loss {actual.Value} for {loss}");
        AssertGradient(@case.Rounding, [.. gradient.Select(entry => MachineRuns.LossGradient * entry)], actual.Gradient, gradientTolerance,
            OfOneClass(data));
    }

    public static void AssertAgrees(DevicePlanCase @case, PlanMachineResult actual, double gradientTolerance = Tolerance)
    {
        var expected = new DevicePlanReference(@case);
        AssertClose("statistic", expected.Statistics, actual.Statistics);
        AssertClose("value", expected.Values, [.. actual.Values.Select(value => (double)value)]);
        AssertGradient(@case.Rounding, expected.Gradient, actual.Gradient, gradientTolerance);
    }

    private static void AssertClose(string what, double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= Tolerance * (1 + Math.Abs(expected[i])),
                $"{what} {i}: {actual[i]} for {expected[i]}");
    }

    /// <summary>To the tolerance of the largest entry, and half a step of the type that they are rounded to.</summary>
    private static void AssertGradient(
        (double Relative, double Absolute) type, double[] expected, float[] actual, double tolerance, double absolute = 0)
    {
        var largest = expected.Max(Math.Abs);
        var allowed = tolerance * largest + OfZero + absolute;
        for (var i = 0; i < expected.Length; i++)
        {
            var rounding = type.Relative * (Math.Abs(expected[i]) + allowed) + type.Absolute;
            var error = Math.Abs(expected[i] - actual[i]);
            Assert.True(
                error <= allowed + rounding, $"gradient {i}: {actual[i]} for {expected[i]}, {error / largest:e2} of the largest");
        }
    }
}
