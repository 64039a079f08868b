using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host;

namespace GpuLoss.Kernels.Shape;

/// <summary>Sorts entries by the digits of their keys, the lowest first. It is stable, so that its result is one and the same for any
/// number of threads.</summary>
internal static unsafe class RadixSort
{
    /// <summary>Bits of a digit.</summary>
    public const int Bits = 11;

    /// <summary>The values of a digit.</summary>
    public const int Buckets = 1 << Bits;

    /// <summary>A thread is not worth while for fewer entries.</summary>
    private const long LeastPerThread = 1 << 14;

    /// <summary>Sorts.</summary>
    /// <param name="entries">The entries.</param>
    /// <param name="spare">Memory for as many.</param>
    /// <param name="count">Their number.</param>
    /// <param name="team">The threads.</param>
    /// <returns>Which of the two holds the result.</returns>
    public static TEntry* Sort<TEntry>(TEntry* entries, TEntry* spare, long count, IThreadTeam team)
        where TEntry : unmanaged, ISortEntry<TEntry>
    {
        var parts = (int)Math.Clamp(count / LeastPerThread, 1, team.Size);
        var places = new long[parts][];
        for (var digit = 0; digit < TEntry.Digits; digit++)
        {
            var (from, to, at) = ((nint)entries, (nint)spare, digit);
            SharedLoop.ForEach(team, parts, part =>
                places[part] = Count((TEntry*)from, count * part / parts, count * (part + 1) / parts, at));
            if (!Accumulate(places, count))
                continue;
            SharedLoop.ForEach(
                team, parts, part => Scatter((TEntry*)from, (TEntry*)to, count * part / parts, count * (part + 1) / parts, at,
                    places[part]));
            var sorted = spare;
            spare = entries;
            entries = sorted;
        }

        return entries;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static long[] Count<TEntry>(TEntry* entries, long first, long end, int digit)
        where TEntry : unmanaged, ISortEntry<TEntry>
    {
        var counts = new long[Buckets];
        for (var i = first; i < end; i++)
            counts[entries[i].Digit(digit)]++;
        return counts;
    }

    /// <summary>Makes of the counts where the entries of each part with each digit begin.</summary>
    /// <returns>Whether there is anything to move: not where all entries have the same digit.</returns>
    private static bool Accumulate(long[][] counts, long count)
    {
        var next = 0L;
        for (var bucket = 0; bucket < Buckets; bucket++)
        {
            var before = next;
            foreach (var part in counts)
                (part[bucket], next) = (next, next + part[bucket]);
            if (next - before == count)
                return false;
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scatter<TEntry>(TEntry* from, TEntry* to, long first, long end, int digit, long[] places)
        where TEntry : unmanaged, ISortEntry<TEntry>
    {
        fixed (long* next = places)
        {
            for (var i = first; i < end; i++)
                to[next[from[i].Digit(digit)]++] = from[i];
        }
    }
}
