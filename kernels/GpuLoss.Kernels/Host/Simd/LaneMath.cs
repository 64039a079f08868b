using System.Runtime.CompilerServices;

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
        var result = TLanes.MultiplyAdd(TLanes.Broadcast(0.00187757669f), fraction, TLanes.Broadcast(0.00898933969f));
        result = TLanes.MultiplyAdd(result, fraction, TLanes.Broadcast(0.0558263175f));
        result = TLanes.MultiplyAdd(result, fraction, TLanes.Broadcast(0.240153611f));
        result = TLanes.MultiplyAdd(result, fraction, TLanes.Broadcast(0.693153083f));
        return TLanes.MultiplyAdd(result, fraction, TLanes.Broadcast(0.99999994f));
    }
}
