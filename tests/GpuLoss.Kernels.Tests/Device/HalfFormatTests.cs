using GpuLoss.Kernels.Device;

namespace GpuLoss.Kernels.Tests.Device;

/// <summary>The portable conversions of the 16-bit types against System.Half and the definition of bfloat16.</summary>
public class HalfFormatTests
{
    private static readonly float[] Awkward =
    [
        0, -0f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.Epsilon, 65504, 65519.996f, 65520, 1e-8f,
        2.9802322e-8f, 2.9802326e-8f, 5.9604645e-8f, 6.1035156e-5f, 6.103e-5f, 1.00048828125f, 1.00146484375f, -1.00390625f, 1.01171875f, 3.4e38f,
    ];

    [Fact]
    public void All_float16_numbers_widen_to_themselves()
    {
        for (var bits = 0; bits <= ushort.MaxValue; bits++)
        {
            var expected = (float)BitConverter.UInt16BitsToHalf((ushort)bits);
            Assert.Equal(expected, default(PortableFloat16).Low(bits));
            Assert.Equal(expected, default(PortableFloat16).High(bits << 16));
        }
    }

    [Fact]
    public void Float16_rounds_to_the_nearest_and_ties_to_even() => Numbers(value =>
    {
        var bits = default(PortableFloat16).Pack(value, -value);
        var (low, high) = (BitConverter.UInt16BitsToHalf((ushort)bits), BitConverter.UInt16BitsToHalf((ushort)(bits >> 16)));
        Assert.Equal(((Half)value, (Half)(-value)), (low, high));
    });

    [Fact]
    public void BFloat16_rounds_to_the_nearest_and_ties_to_even() => Numbers(value =>
    {
        var bits = default(PortableBFloat16).Pack(value, -value);
        var rounded = default(PortableBFloat16).Low(bits);
        Assert.Equal(-rounded, default(PortableBFloat16).High(bits));
        if (!float.IsFinite(value) || value == 0)
        {
            Assert.Equal(value, rounded);
            return;
        }

        // Neighbours are 2^-7 of the power of 2 below apart, and no less than that of the smallest normal number.
        var step = Math.ScaleB(1, Math.Max(Math.ILogB(value), -126) - 7);
        var expected = Math.Round(value / step, MidpointRounding.ToEven) * step;
        Assert.Equal((float)(Math.Abs(expected) > Math.ScaleB(255, 120) ? Math.CopySign(double.PositiveInfinity, value) : expected), rounded);
    });

    private static void Numbers(Action<float> check)
    {
        Array.ForEach(Awkward, check);
        var random = new Random(2);
        for (var i = 0; i < 100_000; i++)
            check((float)Math.ScaleB(2 * random.NextDouble() - 1, random.Next(-40, 20)));
    }
}
