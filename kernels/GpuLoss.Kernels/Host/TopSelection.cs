using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GpuLoss.Kernels.Host;

/// <summary>
/// The largest of many values, by histograms of the bits of those that come into question: only a small sample is sorted, and no result depends on the threads.
/// </summary>
internal static unsafe class TopSelection
{
    /// <summary>The values that a thread takes at once.</summary>
    public const int TileValues = 8192;

    /// <summary>
    /// The mean of the largest values, and the derivative of the mean by each value. Where several values are equal to the smallest that counts and not all of
    /// them fit, they share what is left. What is not a number is larger than all others: it counts, and so does its NaN.
    /// </summary>
    /// <param name="values">The values.</param>
    /// <param name="length">Their number.</param>
    /// <param name="count">How many are the largest, 1 to <paramref name="length"/>.</param>
    /// <param name="shares">Receives the derivatives.</param>
    /// <param name="team">The threads to use.</param>
    /// <typeparam name="T">float or double.</typeparam>
    public static double Select<T>(T* values, long length, long count, T* shares, IThreadTeam team)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => TopSelection<T>.Select(values, length, count, shares, team);
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
    public static double Select(T* values, long length, long count, T* shares, IThreadTeam team)
    {
        var (least, above, equal) = Least(values, length, count, team);
        var left = count - above;
        var sums = new double[Tiles(length)];
        var (ofAbove, ofEqual) = (T.CreateTruncating(1.0 / count), T.CreateTruncating((double)left / equal / count));
        SharedLoop.ForEach(team, Tiles(length), tile => sums[tile] = Share(values, length, tile, least, ofAbove, ofEqual, shares));
        var sum = left * double.CreateTruncating(least);
        foreach (var ofTile in sums)
            sum += ofTile;
        return sum / count;
    }

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

    /// <summary>Writes the shares of a tile. Above is what is not as small as the smallest that counts: what is not a number too.</summary>
    /// <returns>The sum of the values above.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Share(T* values, long length, long tile, T least, T ofAbove, T ofEqual, T* shares)
    {
        var (first, end) = (tile * TileValues, Math.Min(length, (tile + 1) * TileValues));
        var (i, isNumber) = (first, !T.IsNaN(least));
        var sums = Vector256<double>.Zero;
        var (leasts, above, equal) = (Vector256.Create(least), Vector256.Create(ofAbove), Vector256.Create(ofEqual));
        for (; isNumber && i <= end - Vector256<T>.Count; i += Vector256<T>.Count)
        {
            var vector = Vector256.Load(values + i);
            var isNotAbove = Vector256.LessThanOrEqual(vector, leasts);
            var ofOthers = Vector256.ConditionalSelect(Vector256.Equals(vector, leasts), equal, Vector256<T>.Zero);
            Vector256.ConditionalSelect(isNotAbove, ofOthers, above).Store(shares + i);
            sums += Widened(Vector256.AndNot(vector, isNotAbove));
        }

        var sum = Vector256.Sum(sums);
        for (; i < end; i++)
        {
            var isAbove = isNumber && !(values[i] <= least);
            var isEqual = isNumber ? values[i] == least : T.IsNaN(values[i]);
            shares[i] = isAbove ? ofAbove : isEqual ? ofEqual : T.Zero;
            if (isAbove)
                sum += double.CreateTruncating(values[i]);
        }

        return sum;
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

    /// <summary>A whole number that orders as the value does; 0 and -0 have the same, and all that is not a number has the largest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong KeyOf(T value)
    {
        if (sizeof(T) == sizeof(float))
        {
            var bits = BitConverter.SingleToUInt32Bits((float)(object)value + 0f);
            if ((bits & 0x7FFFFFFF) > 0x7F800000)
                return uint.MaxValue;
            return bits ^ ((uint)((int)bits >> 31) | 0x80000000);
        }

        var wide = BitConverter.DoubleToUInt64Bits((double)(object)value + 0.0);
        if ((wide & long.MaxValue) > 0x7FF0000000000000)
            return ulong.MaxValue;
        return wide ^ ((ulong)((long)wide >> 63) | 0x8000000000000000);
    }

    private static T ValueOf(ulong key)
    {
        if (sizeof(T) == sizeof(float))
        {
            var bits = (uint)key;
            return (T)(object)(bits == uint.MaxValue ? float.NaN : BitConverter.UInt32BitsToSingle((bits & 0x80000000) != 0 ? bits ^ 0x80000000 : ~bits));
        }

        return (T)(object)(key == ulong.MaxValue
            ? double.NaN
            : BitConverter.UInt64BitsToDouble((key & 0x8000000000000000) != 0 ? key ^ 0x8000000000000000 : ~key));
    }
}
