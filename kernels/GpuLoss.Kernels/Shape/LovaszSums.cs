using System.Numerics;
using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host;

namespace GpuLoss.Kernels.Shape;

/// <summary>The loss of errors in falling order: pieces that do not depend on the number of threads, each of whole groups of equal
/// errors.</summary>
internal static unsafe class LovaszSums
{
    private const long Piece = 1 << 15;

    /// <summary>Adds up the loss, and writes the slopes of the voxels.</summary>
    /// <param name="entries">Sorted.</param>
    /// <param name="count">Their number.</param>
    /// <param name="ofClass">G, all voxels of the class, those without an error too.</param>
    /// <param name="slopes">May be null.</param>
    /// <param name="team">The threads.</param>
    public static double Of<T, TEntry>(TEntry* entries, long count, long ofClass, T* slopes, IThreadTeam team)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TEntry : unmanaged, ISortEntry<TEntry>
    {
        var pieces = (count + Piece - 1) / Piece;
        var before = new long[pieces + 1];
        SharedLoop.ForEach(team, pieces, piece =>
            before[piece + 1] = CountOfClass(entries, piece * Piece, Math.Min(count, (piece + 1) * Piece)));
        for (var piece = 0; piece < pieces; piece++)
            before[piece + 1] += before[piece];
        var sums = new double[pieces];
        SharedLoop.ForEach(team, pieces, piece => sums[piece] = OfPiece(
            entries, count, piece * Piece, Math.Min(count, (piece + 1) * Piece), before[piece], ofClass, slopes));
        return sums.Sum();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static long CountOfClass<TEntry>(TEntry* entries, long first, long end)
        where TEntry : unmanaged, ISortEntry<TEntry>
    {
        var found = 0L;
        for (var i = first; i < end; i++)
            found += entries[i].OfClass;
        return found;
    }

    /// <summary>The groups that begin in a piece.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double OfPiece<T, TEntry>(TEntry* entries, long count, long first, long end, long inside, long ofClass, T* slopes)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TEntry : unmanaged, ISortEntry<TEntry>
    {
        var next = first;
        while (next > 0 && next < end && entries[next].HasErrorOf(entries[next - 1]))
            inside += entries[next++].OfClass;
        var sum = 0.0;
        while (next < end)
        {
            var (begin, members) = (next, 0L);
            for (; next < count && entries[next].HasErrorOf(entries[begin]); next++)
                members += entries[next].OfClass;
            var others = next - begin - members;
            var shares = LovaszFormulas.Shares(ofClass, inside, begin - inside, members, others);
            sum += LovaszFormulas.OfGroup(entries[begin].Error, shares, members, others);
            inside += members;
            if (slopes == null)
                continue;
            var ofMember = T.CreateTruncating(LovaszFormulas.Slope(shares, isOfClass: true));
            var ofOther = T.CreateTruncating(LovaszFormulas.Slope(shares, isOfClass: false));
            for (var i = begin; i < next; i++)
                slopes[entries[i].Offset] = entries[i].OfClass != 0 ? ofMember : ofOther;
        }

        return sum;
    }
}
