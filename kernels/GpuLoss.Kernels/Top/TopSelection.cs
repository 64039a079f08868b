using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuLoss.Kernels.Host;

namespace GpuLoss.Kernels.Top;

/// <summary>
/// The largest of many values, by histograms of the bits of those that come into question: only a small sample is sorted, and no result
/// depends on the threads.
/// </summary>
internal static unsafe class TopSelection
{
    /// <summary>The values that a thread takes at once.</summary>
    public const int TileValues = 8192;

    /// <summary>
    /// The mean of the largest values, and the derivative of the mean by a value. Where several values are equal to the smallest that
    /// counts and not all of them fit, they share what is left. What is not a number is larger than all others: it counts, and so does its
    /// NaN.
    /// </summary>
    /// <param name="values">The values.</param>
    /// <param name="length">Their number.</param>
    /// <param name="count">How many are the largest, 1 to <paramref name="length"/>.</param>
    /// <param name="team">The threads to use.</param>
    /// <typeparam name="T">float or double.</typeparam>
    public static TopMean Select<T>(T* values, long length, long count, IThreadTeam team)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => TopSelection<T>.Select(values, length, count, team);

    /// <summary>The derivative of a weighted sum of such means by each value.</summary>
    /// <param name="values">The values.</param>
    /// <param name="length">Their number.</param>
    /// <param name="means">The means, their derivatives times their weights.</param>
    /// <param name="derivatives">Receives them.</param>
    /// <param name="team">The threads to use.</param>
    /// <typeparam name="T">float or double.</typeparam>
    public static void Differentiate<T>(T* values, long length, TopMean[] means, T* derivatives, IThreadTeam team)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => TopSelection<T>.Differentiate(values, length, means, derivatives, team);
}

/// <inheritdoc cref="TopSelection"/>
/// <typeparam name="T">float or double.</typeparam>
internal static unsafe class TopSelection<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int DigitBits = 11;
    private const int Digits = 1 << DigitBits;
    private const int TileValues = TopSelection.TileValues;

    /// <summary>Neighbouring values are counted in different histograms: equal ones in a row would wait for each other.</summary>
    private const int Histograms = 4;

    private static int KeyBits => sizeof(T) * 8;

    /// <inheritdoc cref="TopSelection.Select"/>
    public static TopMean Select(T* values, long length, long count, IThreadTeam team)
    {
        var (least, above, equal) = Least(values, length, count, team);
        var sums = new double[Tiles(length)];
        SharedLoop.ForEach(team, Tiles(length), tile => sums[tile] = SumOfLarger(values, length, tile, least));
        var sum = 0.0;
        foreach (var ofTile in sums)
            sum += ofTile;
        return TopMean.Of(sum, double.CreateTruncating(least), count, count - above, equal);
    }

    /// <inheritdoc cref="TopSelection.Differentiate"/>
    public static void Differentiate(T* values, long length, TopMean[] means, T* derivatives, IThreadTeam team) =>
        SharedLoop.ForEach(team, Tiles(length), tile =>
        {
            for (var i = 0; i < means.Length; i++)
                Differentiate(values, length, tile, means[i], derivatives, adds: i > 0);
        });

    /// <summary>The smallest of the largest values, how many are above it, and how many are equal to it.</summary>
    private static (T Least, long Above, long Equal) Least(T* values, long length, long count, IThreadTeam team)
    {
        var candidates = ArrayPool<T>.Shared.Rent(TopCandidates<T>.LengthOf(length));
        try
        {
            if (TopCandidates<T>.Find(values, length, count, team, candidates) is not { } found)
                return Count(values, length, count, team);
            fixed (T* first = candidates)
            {
                var (least, above, equal) = Count(first, found.Length, count - found.Above, team);
                return (least, found.Above + above, equal);
            }
        }
        finally
        {
            ArrayPool<T>.Shared.Return(candidates);
        }
    }

    /// <summary>The same by counting all.</summary>
    private static (T Least, long Above, long Equal) Count(T* values, long length, long count, IThreadTeam team)
    {
        var (prefix, above, equal) = (0UL, 0L, 0L);
        for (var shift = KeyBits; shift > 0;)
        {
            var bits = Math.Min(DigitBits, shift);
            shift -= bits;
            var histogram = Count(values, length, prefix, shift, bits, team);
            var digit = (1 << bits) - 1;
            for (; above + histogram[digit] < count; digit--)
                above += histogram[digit];
            equal = histogram[digit];
            prefix = (prefix << bits) | (uint)digit;
        }

        return (ValueOf(prefix), above, equal);
    }

    /// <summary>Counts the next digits of the values whose first ones are known.</summary>
    private static long[] Count(T* values, long length, ulong prefix, int shift, int bits, IThreadTeam team)
    {
        var total = new long[1 << bits];
        SharedLoop.Run(team, Tiles(length), loop =>
        {
            var counts = new int[Histograms << bits];
            while (loop.TryClaim(out var tile))
                Count(values + tile * TileValues, (int)Math.Min(TileValues, length - tile * TileValues), prefix, shift, bits, counts);
            lock (total)
            {
                for (var i = 0; i < counts.Length; i++)
                    total[i & (total.Length - 1)] += counts[i];
            }
        });
        return total;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Count(T* values, int length, ulong prefix, int shift, int bits, int[] counts)
    {
        var all = shift + bits == KeyBits;
        fixed (int* first = counts)
        {
            for (var i = 0; i < length; i++)
            {
                var key = KeyOf(values[i]) >> shift;
                if (all || key >> bits == prefix)
                    first[((i & (Histograms - 1)) << bits) + (int)(key & ((1UL << bits) - 1))]++;
            }
        }
    }

    /// <summary>The sum of the values of a tile above the smallest that counts: of what is not as small as that, so that NaN is among
    /// them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double SumOfLarger(T* values, long length, long tile, T least)
    {
        if (T.IsNaN(least))
            return 0;
        var (i, end) = (tile * TileValues, Math.Min(length, (tile + 1) * TileValues));
        var (sums, leasts) = (Vector256<double>.Zero, Vector256.Create(least));
        for (; i <= end - Vector256<T>.Count; i += Vector256<T>.Count)
        {
            var vector = Vector256.Load(values + i);
            sums += Widened(Vector256.AndNot(vector, Vector256.LessThanOrEqual(vector, leasts)));
        }

        var sum = Vector256.Sum(sums);
        for (; i < end; i++)
        {
            if (!(values[i] <= least))
                sum += double.CreateTruncating(values[i]);
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Differentiate(T* values, long length, long tile, TopMean mean, T* derivatives, bool adds)
    {
        var (i, end) = (tile * TileValues, Math.Min(length, (tile + 1) * TileValues));
        var (least, larger, equal) = (T.CreateTruncating(mean.Least), T.CreateTruncating(mean.ByLarger), T.CreateTruncating(mean.ByEqual));
        var (leasts, byLarger, byEqual) = (Vector256.Create(least), Vector256.Create(larger), Vector256.Create(equal));
        for (; !T.IsNaN(least) && i <= end - Vector256<T>.Count; i += Vector256<T>.Count)
        {
            var vector = Vector256.Load(values + i);
            var ofOthers = Vector256.ConditionalSelect(Vector256.Equals(vector, leasts), byEqual, Vector256<T>.Zero);
            var derivative = Vector256.ConditionalSelect(Vector256.LessThanOrEqual(vector, leasts), ofOthers, byLarger);
            (adds ? Vector256.Load(derivatives + i) + derivative : derivative).Store(derivatives + i);
        }

        for (; i < end; i++)
        {
            var isEqual = T.IsNaN(least) ? T.IsNaN(values[i]) : values[i] == least;
            var derivative = isEqual ? equal : T.IsNaN(least) || values[i] <= least ? T.Zero : larger;
            derivatives[i] = adds ? derivatives[i] + derivative : derivative;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Widened(Vector256<T> values)
    {
        if (sizeof(T) == sizeof(double))
            return values.AsDouble();
        var (low, high) = Vector256.Widen(values.AsSingle());
        return low + high;
    }

    private static long Tiles(long length) => (length + TileValues - 1) / TileValues;

    /// <summary>A whole number that orders as the value does; 0 and -0 have the same, and all that is not a number has the
    /// largest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong KeyOf(T value)
    {
        if (sizeof(T) == sizeof(float))
            return TopKeys.Of(BitConverter.SingleToUInt32Bits((float)(object)value));
        var wide = BitConverter.DoubleToUInt64Bits((double)(object)value + 0.0);
        if ((wide & long.MaxValue) > 0x7FF0000000000000)
            return ulong.MaxValue;
        return wide ^ ((ulong)((long)wide >> 63) | 0x8000000000000000);
    }

    private static T ValueOf(ulong key)
    {
        if (sizeof(T) == sizeof(float))
            return (T)(object)BitConverter.UInt32BitsToSingle(TopKeys.BitsOf((uint)key));
        return (T)(object)(key == ulong.MaxValue
            ? double.NaN
            : BitConverter.UInt64BitsToDouble((key & 0x8000000000000000) != 0 ? key ^ 0x8000000000000000 : ~key));
    }
}
