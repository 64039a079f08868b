using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host.Simd;

/// <summary>The arithmetic that every register width shares.</summary>
internal static class LaneMath
{
    /// <summary>log2(e): the exponentials of a softmax are taken to the base 2.</summary>
    public const double Log2OfE = 1.44269504088896340736;

    /// <summary>ln(2).</summary>
    public const double LogOf2 = 0.69314718055994530942;

    /// <summary>
    /// 2^f for f in [0, 1): a polynomial of degree 5, fitted to the smallest largest relative error (7.5e-8).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Exp2OfFraction<TLanes>(TLanes fraction)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var result = TLanes.MultiplyAdd(TLanes.Of(0.00187757669f), fraction, TLanes.Of(0.00898933969f));
        result = TLanes.MultiplyAdd(result, fraction, TLanes.Of(0.0558263175f));
        result = TLanes.MultiplyAdd(result, fraction, TLanes.Of(0.240153611f));
        result = TLanes.MultiplyAdd(result, fraction, TLanes.Of(0.693153083f));
        return TLanes.MultiplyAdd(result, fraction, TLanes.Of(0.99999994f));
    }

    /// <summary>
    /// The logarithm to the base 2 of float32 lanes, to 2e-7 of it or of 1. .NET's own is a call, around which every register is saved.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Log2<TLanes>(TLanes value)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var beyondOne = TLanes.Mantissa(value) - TLanes.Of(1);
        return TLanes.MultiplyAdd(RealMath.LogOnePlus(beyondOne), TLanes.Of(Log2OfE), TLanes.Exponent(value));
    }
}
