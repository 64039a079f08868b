using System.Runtime.CompilerServices;

namespace GpuLoss.Kernels.Objective;

/// <summary>The summands of I, P and T for one voxel and class, and the derivative along p of what is made of the sums.</summary>
internal static class OverlapElement
{
    /// <summary>The summand of I.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReal Intersection<TReal>(OverlapSums sums, TReal prediction, TReal target)
        where TReal : unmanaged, IReal<TReal>
    {
        if (sums != OverlapSums.Absolute)
            return prediction * target;
        return (Size(prediction) + Size(target) - Size(prediction - target)) * TReal.Of(0.5);
    }

    /// <summary>The summand of P for a prediction, of T for a target.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReal Extent<TReal>(OverlapSums sums, TReal value)
        where TReal : unmanaged, IReal<TReal> => sums switch
        {
            OverlapSums.Absolute => Size(value),
            OverlapSums.Squared => value * value,
            _ => value,
        };

    /// <summary>dL/dp.</summary>
    /// <param name="sums">The sums.</param>
    /// <param name="prediction">p.</param>
    /// <param name="target">t.</param>
    /// <param name="byIntersection">dL/dI.</param>
    /// <param name="byPrediction">dL/dP; 0 where P is squared.</param>
    /// <param name="linear">2·dL/dP where P is squared, else 0.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReal Slope<TReal>(
        OverlapSums sums, TReal prediction, TReal target, TReal byIntersection, TReal byPrediction, TReal linear)
        where TReal : unmanaged, IReal<TReal>
    {
        if (sums != OverlapSums.Absolute)
            return TReal.MultiplyAdd(byIntersection, target, TReal.MultiplyAdd(linear, prediction, byPrediction));
        var sign = Sign(prediction);
        return TReal.MultiplyAdd(byIntersection, (sign - Sign(prediction - target)) * TReal.Of(0.5), byPrediction * sign);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TReal Size<TReal>(TReal value)
        where TReal : unmanaged, IReal<TReal> => TReal.Max(value, TReal.Of(0) - value);

    /// <summary>-1, 0 or 1, as torch differentiates |x|.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TReal Sign<TReal>(TReal value)
        where TReal : unmanaged, IReal<TReal>
    {
        var zero = TReal.Of(0);
        return TReal.SelectLess(value, zero, TReal.Of(-1), TReal.SelectLess(zero, value, TReal.Of(1), zero));
    }
}
