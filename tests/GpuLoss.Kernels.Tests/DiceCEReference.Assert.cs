namespace GpuLoss.Kernels.Tests;

/// <summary>What a gradient has to be near to; the reference itself also serves the proof on a GPU, which has no test runner.</summary>
internal static partial class DiceCEReference
{
    public static void AssertGradient(double[] expected, ReadOnlySpan<float> actual, double factor = 1)
    {
        var largest = factor * expected.Max(Math.Abs);
        for (var i = 0; i < expected.Length; i++)
        {
            if (!(Math.Abs(factor * expected[i] - actual[i]) <= 1e-6 * largest))
                Assert.Fail($"gradient {i}: {actual[i]} for {factor * expected[i]}, largest {largest}");
        }
    }
}
