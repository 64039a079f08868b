using GpuLoss.Kernels.Host;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Tests.Host;

/// <summary>Rows of 16-bit numbers against System.Half and the definition of bfloat16.</summary>
public unsafe class HalfConversionTests
{
    [Theory]
    [InlineData(LogitsType.Float16)]
    [InlineData(LogitsType.BFloat16)]
    public void Rows_are_rounded_to_the_nearest_and_ties_to_even(Enum typeOf)
    {
        var type = (LogitsType)typeOf;
        float[] numbers = [.. HalfNumbers.All];
        float[] expected = [.. numbers.Select(number =>
            type == LogitsType.Float16 ? (float)(Half)number : HalfNumbers.RoundedToBFloat16(number))];
        Assert.Equal(expected, Rounded(type, numbers));

        // One at a time: a row that fills no register.
        Assert.Equal(expected, numbers.Select(number => Rounded(type, [number])[0]));
    }

    private static float[] Rounded(LogitsType type, float[] numbers)
    {
        var (halves, rounded) = (new ushort[numbers.Length], new float[numbers.Length]);
        fixed (float* source = numbers, destination = rounded)
        fixed (ushort* between = halves)
        {
            HalfConversion.Narrow(type, source, (byte*)between, numbers.Length);
            HalfConversion.Widen(type, (byte*)between, destination, numbers.Length);
        }

        return rounded;
    }
}
