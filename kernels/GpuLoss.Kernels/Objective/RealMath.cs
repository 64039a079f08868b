using System.Runtime.CompilerServices;

namespace GpuLoss.Kernels.Objective;

/// <summary>What the number types share.</summary>
internal static class RealMath
{
    public const double Log2OfE = 1.44269504088896340736;

    public const double LogOf2 = 0.69314718055994530942;

    /// <summary>
    /// ln(1 + x) for x in [0, 1] in float32: 2·artanh(s) with s = x / (2 + x), at most 1/3, as the series Σ 2·s^(2k+1) / (2k + 1) up to k = 7. What is
    /// left out is less than 2e-9 of the sum.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReal LogOnePlus<TReal>(TReal x)
        where TReal : unmanaged, IReal<TReal>
    {
        var s = x.Multiply(x.Add(x.Of(2)).Reciprocal());
        var square = s.Multiply(s);
        var sum = square.MultiplyAdd(x.Of(2.0 / 15), x.Of(2.0 / 13));
        sum = sum.MultiplyAdd(square, x.Of(2.0 / 11));
        sum = sum.MultiplyAdd(square, x.Of(2.0 / 9));
        sum = sum.MultiplyAdd(square, x.Of(2.0 / 7));
        sum = sum.MultiplyAdd(square, x.Of(2.0 / 5));
        sum = sum.MultiplyAdd(square, x.Of(2.0 / 3));
        sum = sum.MultiplyAdd(square, x.Of(2));
        return sum.Multiply(s);
    }

    /// <summary>A product in which 0 wins over everything, infinity and NaN too: what is not asked for does no harm.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReal Weighted<TReal>(TReal weight, TReal value)
        where TReal : unmanaged, IReal<TReal> => weight.SelectEqual(weight.Of(0), weight.Of(0), weight.Multiply(value));
}
