using System.Numerics;
using System.Runtime.CompilerServices;

namespace GpuLoss.Kernels.Shape;

/// <summary>The filters of a soft skeleton, row by row (Shit 2021, arXiv 2003.07311, algorithm 1). Where a neighbour is outside of the
/// volume, the voxel itself takes its place, which changes neither minimum nor maximum.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal static unsafe class SkeletonRows<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private static int Lanes => Vector<T>.Count;

    /// <summary>The least of a voxel and its neighbours along the axes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Erode(T* row, T* above, T* below, T* before, T* after, int length, T* eroded)
    {
        var x = 1;
        eroded[0] = Least(row, above, below, before, after, 0, 0, Math.Min(1, length - 1));
        for (; x + Lanes < length; x += Lanes)
        {
            var least = Vector.MinNative(Vector.MinNative(Load(row + x - 1), Load(row + x)), Load(row + x + 1));
            least = Vector.MinNative(least, Vector.MinNative(Load(above + x), Load(below + x)));
            least = Vector.MinNative(least, Vector.MinNative(Load(before + x), Load(after + x)));
            Vector.Store(least, eroded + x);
        }

        for (; x < length; x++)
            eroded[x] = Least(row, above, below, before, after, x, x - 1, Math.Min(x + 1, length - 1));
    }

    /// <summary>The largest of a voxel and its eight neighbours in a plane.</summary>
    /// <param name="row">The row.</param>
    /// <param name="above">The one before it.</param>
    /// <param name="below">The one behind it.</param>
    /// <param name="length">Their length.</param>
    /// <param name="columns">Memory for two more.</param>
    /// <param name="largest">Receives them.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Box(T* row, T* above, T* below, int length, T* columns, T* largest)
    {
        var x = 0;
        var inner = columns + 1;
        for (; x + Lanes <= length; x += Lanes)
            Vector.Store(Vector.MaxNative(Load(row + x), Vector.MaxNative(Load(above + x), Load(below + x))), inner + x);
        for (; x < length; x++)
            inner[x] = Larger(row[x], Larger(above[x], below[x]));
        (inner[-1], inner[length]) = (inner[0], inner[length - 1]);
        for (x = 0; x + Lanes <= length; x += Lanes)
            Vector.Store(Vector.MaxNative(Load(inner + x), Vector.MaxNative(Load(inner + x - 1), Load(inner + x + 1))), largest + x);
        for (; x < length; x++)
            largest[x] = Larger(inner[x], Larger(inner[x - 1], inner[x + 1]));
    }

    /// <summary>What an opening takes away: <c>max(0, e - o)</c>, where o is the largest of three boxes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Delta(T* eroded, T* box, T* before, T* after, long count, T* delta)
    {
        var i = 0L;
        for (; i + Lanes <= count; i += Lanes)
        {
            var opened = Vector.MaxNative(Load(box + i), Vector.MaxNative(Load(before + i), Load(after + i)));
            Vector.Store(Vector.MaxNative(Load(eroded + i) - opened, Vector<T>.Zero), delta + i);
        }

        for (; i < count; i++)
            delta[i] = Larger(eroded[i] - Larger(box[i], Larger(before[i], after[i])), T.Zero);
    }

    /// <summary>Adds what is new to a skeleton: <c>s + max(0, d - s·d)</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Join(T* skeleton, T* delta, long count)
    {
        var i = 0L;
        for (; i + Lanes <= count; i += Lanes)
        {
            var (s, d) = (Load(skeleton + i), Load(delta + i));
            Vector.Store(s + Vector.MaxNative(d - s * d, Vector<T>.Zero), skeleton + i);
        }

        for (; i < count; i++)
            skeleton[i] = SkeletonFormulas.Joined(skeleton[i], delta[i]);
    }

    /// <summary>
    /// Makes of what the openings took away at some voxels the slopes of the loss by it.
    /// </summary>
    /// <param name="deltas">d of the levels, from the first; receives the slopes.</param>
    /// <param name="ofSkeleton">The slopes by the skeleton; overwritten.</param>
    /// <param name="count">Voxels.</param>
    /// <param name="skeletons">Memory for all levels of them.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Slopes(ReadOnlySpan<nint> deltas, T* ofSkeleton, int count, T* skeletons)
    {
        new ReadOnlySpan<T>((void*)deltas[0], count).CopyTo(new Span<T>(skeletons, count));
        for (var level = 1; level < deltas.Length; level++)
        {
            var from = skeletons + (long)(level - 1) * count;
            var to = from + count;
            new ReadOnlySpan<T>(from, count).CopyTo(new Span<T>(to, count));
            Join(to, (T*)deltas[level], count);
        }

        for (var level = deltas.Length - 1; level >= 0; level--)
        {
            var delta = (T*)deltas[level];
            var before = level == 0 ? null : skeletons + (long)(level - 1) * count;
            for (var i = 0; i < count; i++)
            {
                // Before the first there is no skeleton.
                var (d, slope) = (delta[i], ofSkeleton[i]);
                var skeleton = before == null ? T.Zero : before[i];
                delta[i] = SkeletonFormulas.OfDelta(skeleton, d, slope);
                if (before != null)
                    ofSkeleton[i] = SkeletonFormulas.OfSkeleton(skeleton, d, slope);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> Load(T* address) => Vector.Load(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Larger(T a, T b) => a > b ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Smaller(T a, T b) => a < b ? a : b;

    private static T Least(T* row, T* above, T* below, T* before, T* after, int x, int left, int right) =>
        Smaller(Smaller(Smaller(row[x], row[left]), Smaller(row[right], above[x])), Smaller(below[x], Smaller(before[x], after[x])));
}
