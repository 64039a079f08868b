namespace GpuLoss.Kernels.Tests;

/// <summary>Numbers to be rounded to 16 bits, and what bfloat16 makes of them by its definition.</summary>
internal static class HalfNumbers
{
    private static readonly float[] Awkward =
    [
        0, -0f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.Epsilon, 65504, 65519.996f, 65520, 1e-8f,
        2.9802322e-8f, 2.9802326e-8f, 5.9604645e-8f, 6.1035156e-5f, 6.103e-5f, 1.00048828125f, 1.00146484375f, -1.00390625f, 1.01171875f,
        3.4e38f,
    ];

    /// <summary>Ties, numbers too large or too small, and 100,000 others.</summary>
    public static IEnumerable<float> All
    {
        get
        {
            var random = new Random(2);
            return Awkward.Concat(
                Enumerable.Range(0, 100_000).Select(_ => (float)Math.ScaleB(2 * random.NextDouble() - 1, random.Next(-40, 20))));
        }
    }

    /// <summary>The nearest bfloat16, of two the even one.</summary>
    public static float RoundedToBFloat16(float value)
    {
        if (!float.IsFinite(value) || value == 0)
            return value;

        // Neighbours are 2^-7 of the power of 2 below apart, and no less than that of the smallest normal number.
        var step = Math.ScaleB(1, Math.Max(Math.ILogB(value), -126) - 7);
        var rounded = Math.Round(value / step, MidpointRounding.ToEven) * step;
        return (float)(Math.Abs(rounded) > Math.ScaleB(255, 120) ? Math.CopySign(double.PositiveInfinity, value) : rounded);
    }
}
