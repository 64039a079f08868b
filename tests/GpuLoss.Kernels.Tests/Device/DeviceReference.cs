using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Tests.Device;

/// <summary>What the device kernels have to agree with: Dice plus weighted cross-entropy, or focal loss, in float64.</summary>
internal static class DeviceReference
{
    private const double Tolerance = 1e-6;

    /// <summary>With one class everything is 0, and a relative tolerance allows nothing.</summary>
    private const double OfZero = 1e-12;

    /// <summary>The loss as the kernels take it.</summary>
    public static readonly LossDefinition Loss = DiceCEDefinition.Loss;

    /// <summary>Runs the four launches on a case and compares all that they leave.</summary>
    public static void AssertAgrees(DeviceOnMachine device, DeviceCase @case, int blocks)
    {
        const int lossGradient = 2;
        var data = @case.Data;
        var loss = Loss with { Overlap = Loss.Overlap with { SquaredPrediction = data.Squared ? 1 : 0 }, FocalGamma = data.FocalGamma };
        var (statistics, value, gradient) = device.Run(@case, loss, blocks, lossGradient);

        var expected = data.Statistics();
        AssertClose(expected, statistics);
        var (expectedLoss, expectedGradient) = DiceCEReference.Of(data, expected);
        Assert.True(Math.Abs(expectedLoss - value) <= Tolerance * expectedLoss + OfZero, $"loss {value} for {expectedLoss}");
        AssertGradient(@case.Rounding, [.. expectedGradient.Select(entry => lossGradient * entry)], gradient);
    }

    /// <summary>Compares statistics.</summary>
    public static void AssertClose(double[] expected, double[] actual)
    {
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= Tolerance * (1 + Math.Abs(expected[i])),
                $"statistic {i}: {actual[i]} for {expected[i]}");
    }

    /// <summary>Compares gradients to the tolerance of the largest entry, and half a step of the type that they are rounded to.</summary>
    public static void AssertGradient((double Relative, double Absolute) type, double[] expected, float[] actual)
    {
        var allowed = Tolerance * expected.Max(Math.Abs) + OfZero;
        var (relative, absolute) = type;
        for (var i = 0; i < expected.Length; i++)
        {
            var rounding = relative * Math.Abs(expected[i]) + absolute;
            Assert.True(Math.Abs(expected[i] - actual[i]) <= allowed + rounding, $"gradient {i}: {actual[i]} for {expected[i]}");
        }
    }
}
