using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuLoss.Kernels.Host;

namespace GpuLoss.Kernels.Top;

/// <summary>
/// The few of many values among which the smallest of the largest ones is. A sample says between which two values it lies in all
/// likelihood, and one pass counts what is above them and copies what is between. Where the sample was wrong, or too much is between, there
/// is no answer, and all values have to be looked at: what is found does not depend on the sample.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal static unsafe class TopCandidates<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Of fewer values all are looked at.</summary>
    private const int LeastLength = 1 << 15;

    private const int SampleLength = 2048;

    /// <summary>Standard deviations of the place in the sample, beyond which a wrong one is rare.</summary>
    private const double Deviations = 4.5;

    /// <summary>The part of all values that candidates are at most.</summary>
    private const int MostShare = 8;

    /// <summary>The most candidates of a number of values.</summary>
    public static int LengthOf(long length) => (int)Math.Min(Array.MaxLength >> 1, length / MostShare);

    /// <summary>Finds them.</summary>
    /// <param name="values">The values.</param>
    /// <param name="length">Their number.</param>
    /// <param name="count">How many are the largest.</param>
    /// <param name="team">The threads to use.</param>
    /// <param name="candidates">Receives the candidates, in any order: <see cref="LengthOf"/> of them at most.</param>
    /// <returns>How many candidates there are and how many values are above all of them; null where that is not known.</returns>
    public static (int Length, long Above)? Find(T* values, long length, long count, IThreadTeam team, T[] candidates)
    {
        if (length < LeastLength)
            return null;
        var room = LengthOf(length);
        var (least, most) = Bounds(values, length, count);
        if (T.IsNaN(least) || T.IsNaN(most))
            return null;
        var (end, above) = (0L, 0L);
        SharedLoop.Run(team, (length + TopSelection.TileValues - 1) / TopSelection.TileValues, loop =>
        {
            var ofTile = stackalloc T[TopSelection.TileValues];
            while (loop.TryClaim(out var tile))
            {
                var first = tile * TopSelection.TileValues;
                var between = Collect(
                    values + first, (int)Math.Min(TopSelection.TileValues, length - first), least, most, ofTile, out var aboveInTile);
                Interlocked.Add(ref above, aboveInTile);
                var place = Interlocked.Add(ref end, between) - between;
                if (place + between <= room)
                    new ReadOnlySpan<T>(ofTile, between).CopyTo(candidates.AsSpan((int)place));
            }
        });
        return end <= room && above < count && above + end >= count ? ((int)end, above) : null;
    }

    /// <summary>Two values between which the smallest of the largest ones lies, if the sample is like the whole.</summary>
    private static (T Least, T Most) Bounds(T* values, long length, long count)
    {
        var sample = new T[SampleLength];
        var step = length / SampleLength;
        for (var i = 0; i < SampleLength; i++)
        {
            // Not at equal distances, which a volume's rows may have too.
            var within = (uint)i * 2654435761u;
            sample[i] = values[i * step + within % step];
        }

        // Sorted, with what is not a number at the beginning.
        Array.Sort(sample);
        var share = (double)count / length;
        var place = (1 - share) * SampleLength;
        var reach = Deviations * Math.Sqrt(SampleLength * share * (1 - share)) + 2;
        var (low, high) = ((int)Math.Floor(place - reach), (int)Math.Ceiling(place + reach));
        return (low < 0 ? T.NegativeInfinity : sample[low], high >= SampleLength ? T.PositiveInfinity : sample[high]);
    }

    /// <summary>Copies the values of a tile that lie between two, and counts those above. What is not a number is above.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Collect(T* values, int length, T least, T most, T* between, out int above)
    {
        var (lowest, highest) = (Vector256.Create(least), Vector256.Create(most));
        var (found, notAbove, i) = (0, 0, 0);
        for (; i <= length - Vector256<T>.Count; i += Vector256<T>.Count)
        {
            var vector = Vector256.Load(values + i);
            var isBelow = Vector256.LessThanOrEqual(vector, highest);
            notAbove += BitOperations.PopCount(Vector256.ExtractMostSignificantBits(isBelow));
            var bits = Vector256.ExtractMostSignificantBits(isBelow & Vector256.GreaterThanOrEqual(vector, lowest));
            for (; bits != 0; bits &= bits - 1)
                between[found++] = values[i + BitOperations.TrailingZeroCount(bits)];
        }

        for (; i < length; i++)
        {
            notAbove += values[i] <= most ? 1 : 0;
            if (values[i] <= most && values[i] >= least)
                between[found++] = values[i];
        }

        above = length - notAbove;
        return found;
    }
}
