using GpuLoss.Kernels.Device;

namespace GpuLoss.Kernels.Tests.Device;

/// <summary>The portable conversions of the 16-bit types against System.Half and the definition of bfloat16.</summary>
public class HalfFormatTests
{
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
    public void Float16_rounds_to_the_nearest_and_ties_to_even()
    {
        foreach (var value in HalfNumbers.All)
        {
            var bits = default(PortableFloat16).Pack(value, -value);
            var (low, high) = (BitConverter.UInt16BitsToHalf((ushort)bits), BitConverter.UInt16BitsToHalf((ushort)(bits >> 16)));
            Assert.Equal(((Half)value, (Half)(-value)), (low, high));
        }
    }

    [Fact]
    public void BFloat16_rounds_to_the_nearest_and_ties_to_even()
    {
        foreach (var value in HalfNumbers.All)
        {
            var bits = default(PortableBFloat16).Pack(value, -value);
            Assert.Equal(HalfNumbers.RoundedToBFloat16(value), default(PortableBFloat16).Low(bits));
            Assert.Equal(-HalfNumbers.RoundedToBFloat16(value), default(PortableBFloat16).High(bits));
        }
    }
}
