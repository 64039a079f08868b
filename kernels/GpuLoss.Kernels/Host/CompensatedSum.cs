using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;

namespace GpuLoss.Kernels.Host;

/// <summary>
/// A running sum that keeps what each addition rounds away (Knuth, The Art of Computer Programming, volume 2, section 4.2.2, theorem B).
/// Equal terms, of which a volume with a constant background has millions, are rounded in the same direction every time: a plain float32
/// sum of a tile of them is off by 3e-6.
/// </summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal struct CompensatedSum<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    private TLanes sum;
    private TLanes rest;

    /// <summary>Adds a number to every lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(TLanes term)
    {
        var grown = sum + term;
        var added = grown - sum;
        rest += (sum - (grown - added)) + (term - added);
        sum = grown;
    }

    /// <summary>The sum of all lanes. Of an infinite one nothing was rounded away, and the rest is not a number.</summary>
    public readonly double Total()
    {
        var total = TLanes.Sum(sum);
        return double.IsFinite(total) ? total + TLanes.Sum(rest) : total;
    }
}
