using System.Numerics;
using System.Runtime.CompilerServices;

namespace GpuLoss.Kernels.Host;

/// <summary>The largest of many values, by histograms of their bits: nothing is sorted, and no count depends on the threads that counted.</summary>
internal static unsafe class TopSelection
{
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
    private const int TileValues = 8192;

    /// <summary>Neighbouring values are counted in different histograms: equal ones in a row would wait for each other.</summary>
    private const int Histograms = 4;

    private static int KeyBits => sizeof(T) * 8;

    /// <inheritdoc cref="TopSelection.Select"/>
    public static double Select(T* values, long length, long count, T* shares, IThreadTeam team)
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

        var left = count - above;
        var sums = new double[Tiles(length)];
        var (ofAbove, ofEqual) = (T.CreateTruncating(1.0 / count), T.CreateTruncating((double)left / equal / count));
        SharedLoop.ForEach(team, Tiles(length), tile => sums[tile] = Share(values, length, tile, prefix, ofAbove, ofEqual, shares));
        var sum = left * double.CreateTruncating(ValueOf(prefix));
        foreach (var ofTile in sums)
            sum += ofTile;
        return sum / count;
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

    /// <summary>Writes the shares of a tile.</summary>
    /// <returns>The sum of the values above the smallest that counts.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Share(T* values, long length, long tile, ulong least, T ofAbove, T ofEqual, T* shares)
    {
        var end = Math.Min(length, (tile + 1) * TileValues);
        var sum = 0.0;
        for (var i = tile * TileValues; i < end; i++)
        {
            var key = KeyOf(values[i]);
            shares[i] = key > least ? ofAbove : key == least ? ofEqual : T.Zero;
            if (key > least)
                sum += double.CreateTruncating(values[i]);
        }

        return sum;
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
