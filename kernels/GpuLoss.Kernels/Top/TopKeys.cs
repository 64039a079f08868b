using ILGPU.Util;

namespace GpuLoss.Kernels.Top;

/// <summary>
/// Whole numbers that order as the values of float32 do: 0 and -0 have the same, and all that is not a number has the largest.
/// </summary>
internal static class TopKeys
{
    /// <summary>The key of what is not a number.</summary>
    public const uint OfNaN = uint.MaxValue;

    private const uint Sign = 0x8000_0000;
    private const uint Infinity = 0x7F80_0000;
    private const uint NaN = 0x7FC0_0000;

    /// <summary>The key of a value.</summary>
    /// <param name="bits">The bits of the value.</param>
    public static uint Of(uint bits)
    {
        var key = Utilities.Select(bits == Sign, Sign, bits ^ ((uint)((int)bits >> 31) | Sign));
        return Utilities.Select((bits & ~Sign) > Infinity, OfNaN, key);
    }

    /// <summary>The bits of the value that has a key.</summary>
    public static uint BitsOf(uint key) =>
        Utilities.Select(key == OfNaN, NaN, Utilities.Select((key & Sign) != 0, key ^ Sign, ~key));
}
