using ILGPU;
using ILGPU.Util;

namespace GpuLoss.Kernels.Top.Device;

/// <summary>What is known of the smallest of the largest values after some of its digits.</summary>
/// <param name="Key">Those digits of its <see cref="TopKeys">key</see>, and 0.</param>
/// <param name="Left">How many of the largest values have these digits.</param>
/// <param name="Equal">How many values have them.</param>
internal readonly record struct TopPlace(uint Key, long Left, long Equal);

/// <summary>
/// The smallest of the largest values on the device: a pass over the values for every digit of its key, from the first on. Each counts
/// those that agree in the digits that are known, by the next one. Counts are whole numbers, so that no order of threads matters.
/// </summary>
internal static class DeviceTopCounts
{
    /// <summary>The passes: eleven bits each, of which the last ones are those of the second pass for one.</summary>
    public const int Passes = 3;

    /// <summary>The counts of a pass.</summary>
    public const int Digits = 1 << DigitBits;

    private const int DigitBits = 11;
    private const int KeyBits = 32;

    private const int WarpThreads = 32;

    /// <summary>The digits of a thread where those of a pass are looked through.</summary>
    private const int Own = Digits / TopKernel.Threads;

    /// <summary>Sets all counts to 0.</summary>
    /// <param name="counts">Those of all passes.</param>
    /// <param name="places">Receives the first one, of no digits.</param>
    /// <param name="count">How many values are the largest.</param>
    /// <param name="length">How many there are.</param>
    public static void Begin(ArrayView<long> counts, ArrayView<TopPlace> places, long count, long length)
    {
        var first = Grid.IdxX * Group.DimX + Group.IdxX;
        for (var i = first; i < counts.IntLength; i += Grid.DimX * Group.DimX)
            counts[i] = 0;
        if (first == 0)
            places[0] = new(0, count, length);
    }

    /// <summary>Counts a digit.</summary>
    /// <param name="values">The values.</param>
    /// <param name="quads">The same, but for the last ones.</param>
    /// <param name="counts">Those of all passes.</param>
    /// <param name="places">What is known before each of them.</param>
    /// <param name="pass">Which it is.</param>
    public static void Count(
        ArrayView<float> values, ArrayView<TopQuad> quads, ArrayView<long> counts, ArrayView<TopPlace> places, int pass)
    {
        var ofBlock = SharedMemory.Allocate1D<int>(Digits);
        for (var i = Group.IdxX; i < Digits; i += TopKernel.Threads)
            ofBlock[i] = 0;
        var place = Next(counts, places, pass);
        Group.Barrier();

        var (shift, known) = (ShiftOf(pass), pass == 0 ? 0u : uint.MaxValue << ShiftOf(pass - 1));
        var first = (long)Grid.IdxX * TopKernel.Threads + Group.IdxX;
        for (var i = first; i < quads.Length; i += (long)Grid.DimX * TopKernel.Threads)
        {
            var quad = quads[i];
            Add(ofBlock, quad.First, place.Key, known, shift);
            Add(ofBlock, quad.Second, place.Key, known, shift);
            Add(ofBlock, quad.Third, place.Key, known, shift);
            Add(ofBlock, quad.Fourth, place.Key, known, shift);
        }

        var last = quads.Length * TopQuad.Values + first;
        if (last < values.Length)
            Add(ofBlock, values[last], place.Key, known, shift);
        Group.Barrier();
        for (var digit = Group.IdxX; digit < Digits; digit += TopKernel.Threads)
        {
            var sum = ofBlock[digit];
            if (sum != 0)
                Atomic.Add(ref counts[pass * Digits + digit], (long)sum);
        }
    }

    /// <summary>
    /// What is known before a pass: what was known before the one before it, and the digit that this counted. Every block finds it for
    /// itself, and the first one writes it down for the next pass. All threads of a block have to come.
    /// </summary>
    public static TopPlace Next(ArrayView<long> counts, ArrayView<TopPlace> places, int pass)
    {
        var sums = SharedMemory.Allocate1D<long>(TopKernel.Threads / WarpThreads);
        var found = SharedMemory.Allocate1D<TopPlace>(1);
        if (pass == 0)
            return places[0];

        // A thread has neighbouring digits, the first thread the largest ones.
        var before = places[pass - 1];
        var digit = Digits - 1 - Group.IdxX * Own;
        var at = (pass - 1) * Digits + digit;
        var (one, two, three, four) = (counts[at], counts[at - 1], counts[at - 2], counts[at - 3]);
        var own = one + two + three + four;
        var upTo = own;
        for (var distance = 1; distance < WarpThreads; distance <<= 1)
        {
            var other = Warp.ShuffleUp(upTo, distance);
            upTo += Utilities.Select(Warp.LaneIdx >= distance, other, 0L);
        }

        var warp = Warp.WarpIdx;
        if (Warp.LaneIdx == WarpThreads - 1)
            sums[warp] = upTo;
        Group.Barrier();
        for (var earlier = 0; earlier < warp; earlier++)
            upTo += sums[earlier];

        // One thread's digits hold the value that is the last to count.
        var (above, equal) = (upTo - own, one);
        if (above < before.Left && upTo >= before.Left)
        {
            if (above + equal < before.Left)
                (above, equal, digit) = (above + equal, two, digit - 1);
            if (above + equal < before.Left)
                (above, equal, digit) = (above + equal, three, digit - 1);
            if (above + equal < before.Left)
                (above, equal, digit) = (above + equal, four, digit - 1);
            found[0] = new(before.Key | (uint)digit << ShiftOf(pass - 1), before.Left - above, equal);
        }

        Group.Barrier();
        var place = found[0];
        if (Grid.IdxX == 0 && Group.IdxX == 0)
            places[pass] = place;
        return place;
    }

    private static int ShiftOf(int pass) => Math.Max(0, KeyBits - DigitBits * (pass + 1));

    /// <summary>The lanes of a warp that count one digit do not wait for each other: in machine code this is ATOMS.POPC.INC.</summary>
    private static void Add(ArrayView<int> ofBlock, float value, uint prefix, uint known, int shift)
    {
        var key = TopKeys.Of(Interop.FloatAsInt(value));
        if (((key ^ prefix) & known) == 0)
            Atomic.Add(ref ofBlock[(int)(key >> shift & (Digits - 1))], 1);
    }
}
