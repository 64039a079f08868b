using System.Runtime.CompilerServices;

namespace GpuLoss.Kernels.Objective;

/// <summary>What the number types share.</summary>
internal static class RealMath
{
    public const double Log2OfE = 1.44269504088896340736;

    public const double LogOf2 = 0.69314718055994530942;

    /// <summary>
    /// ln(1 + x) for x in [0, 1] in float32: x·(1 + x·q(x)) with a polynomial q of degree 7, fitted to the smallest largest relative error
    /// (3.3e-8; with all roundings 1.8e-7).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReal LogOnePlus<TReal>(TReal x)
        where TReal : unmanaged, IReal<TReal>
    {
        var sum = TReal.MultiplyAdd(x, TReal.Of(0.005364829191373068), TReal.Of(-0.030065811014435572));
        sum = TReal.MultiplyAdd(sum, x, TReal.Of(0.07920456469874632));
        sum = TReal.MultiplyAdd(sum, x, TReal.Of(-0.13753804683766588));
        sum = TReal.MultiplyAdd(sum, x, TReal.Of(0.19153655972315428));
        sum = TReal.MultiplyAdd(sum, x, TReal.Of(-0.24857163910105207));
        sum = TReal.MultiplyAdd(sum, x, TReal.Of(0.33321322644894386));
        sum = TReal.MultiplyAdd(sum, x, TReal.Of(-0.49999647964474186));
        sum = TReal.MultiplyAdd(sum, x, TReal.Of(1));
        return sum * x;
    }

    /// <summary>A product in which 0 wins over everything, infinity and NaN too: what is not asked for does no harm.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReal Weighted<TReal>(TReal weight, TReal value)
        where TReal : unmanaged, IReal<TReal> => TReal.SelectEqual(weight, TReal.Of(0), TReal.Of(0), weight * value);
}
