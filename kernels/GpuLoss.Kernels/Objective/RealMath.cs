using System.Runtime.CompilerServices;

namespace GpuLoss.Kernels.Objective;

/// <summary>What the number types share.</summary>
internal static class RealMath
{
    public const double Log2OfE = 1.44269504088896340736;

    public const double LogOf2 = 0.69314718055994530942;

    /// <summary>
    /// ln(1 + x) for x in [0, 1] in float32: 2·artanh(s) with s = x / (2 + x), at most 1/3, as the series Σ 2·s^(2k+1) / (2k + 1) up to k =
    /// 7. What is left out is less than 2e-9 of the sum.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReal LogOnePlus<TReal>(TReal x)
        where TReal : unmanaged, IReal<TReal>
    {
        var s = x * TReal.Reciprocal(x + TReal.Of(2));
        var square = s * s;
        var sum = TReal.MultiplyAdd(square, TReal.Of(2.0 / 15), TReal.Of(2.0 / 13));
        sum = TReal.MultiplyAdd(sum, square, TReal.Of(2.0 / 11));
        sum = TReal.MultiplyAdd(sum, square, TReal.Of(2.0 / 9));
        sum = TReal.MultiplyAdd(sum, square, TReal.Of(2.0 / 7));
        sum = TReal.MultiplyAdd(sum, square, TReal.Of(2.0 / 5));
        sum = TReal.MultiplyAdd(sum, square, TReal.Of(2.0 / 3));
        sum = TReal.MultiplyAdd(sum, square, TReal.Of(2));
        return sum * s;
    }

    /// <summary>A product in which 0 wins over everything, infinity and NaN too: what is not asked for does no harm.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReal Weighted<TReal>(TReal weight, TReal value)
        where TReal : unmanaged, IReal<TReal> => TReal.SelectEqual(weight, TReal.Of(0), TReal.Of(0), weight * value);
}
