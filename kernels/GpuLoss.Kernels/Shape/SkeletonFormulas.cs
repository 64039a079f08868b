using System.Numerics;
using System.Runtime.CompilerServices;

namespace GpuLoss.Kernels.Shape;

/// <summary>How a soft skeleton grows, for one voxel of the host or the device (Shit 2021, arXiv 2003.07311, algorithm 1).</summary>
internal static class SkeletonFormulas
{
    /// <summary>What is left of two numbers' difference above 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Excess<T>(T a, T b)
        where T : unmanaged, INumber<T> => a - b > T.Zero ? a - b : T.Zero;

    /// <summary>A skeleton with what an opening took away: <c>s + max(0, d - s·d)</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Joined<T>(T skeleton, T delta)
        where T : unmanaged, INumber<T> => skeleton + Excess(delta, skeleton * delta);

    /// <summary>Whether anything was new.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsJoined<T>(T skeleton, T delta)
        where T : unmanaged, INumber<T> => delta - skeleton * delta > T.Zero;

    /// <summary>The slope by what an opening took away. The larger one of a number and 0 has the slope 0 where they are equal, as in
    /// torch.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T OfDelta<T>(T skeleton, T delta, T ofJoined)
        where T : unmanaged, INumber<T> => IsJoined(skeleton, delta) && delta > T.Zero ? ofJoined * (T.One - skeleton) : T.Zero;

    /// <summary>The slope by the skeleton before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T OfSkeleton<T>(T skeleton, T delta, T ofJoined)
        where T : unmanaged, INumber<T> => IsJoined(skeleton, delta) ? ofJoined * (T.One - delta) : ofJoined;
}
