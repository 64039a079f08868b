using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host.Simd;

/// <summary>
/// One SIMD register of floating-point lanes: all that differs between AVX-512, AVX2, 128-bit machines and float64. Labels are lanes of the
/// same type, small whole numbers, so that a comparison needs no other register type.
/// </summary>
/// <remarks>
/// There are no masks. The compiler keeps a comparison in a mask register only where it is used once, right away; one that is kept for a
/// second use is moved to a vector register and back, which costs more than comparing again. Comparison and selection are therefore one
/// operation.
/// </remarks>
/// <typeparam name="TSelf">The register type.</typeparam>
internal unsafe interface ILanes<TSelf> : IReal<TSelf>
    where TSelf : unmanaged, ILanes<TSelf>
{
    /// <summary>The number of lanes.</summary>
    static abstract int Count { get; }

    /// <summary>Bytes per lane.</summary>
    static abstract int ScalarSize { get; }

    /// <summary>Whether <see cref="IReal{TSelf}.MultiplyAdd"/> rounds once.</summary>
    static abstract bool Fuses { get; }

    static abstract TSelf Load(void* source);

    static abstract void Store(TSelf value, void* destination);

    /// <summary>Stores past the caches; the address is aligned to the register.</summary>
    static abstract void StoreStreaming(TSelf value, void* destination);

    /// <summary>All lanes from one scalar of the lane type in memory.</summary>
    static abstract TSelf BroadcastFrom(void* scalar);

    /// <summary>Writes one scalar of the lane type, for <see cref="BroadcastFrom"/>.</summary>
    static abstract void WriteScalar(void* destination, double value);

    /// <summary>The exponent of positive normal values, as lanes; NaN for NaN.</summary>
    static abstract TSelf Exponent(TSelf value);

    /// <summary>The mantissa of positive normal values, in [1, 2).</summary>
    static abstract TSelf Mantissa(TSelf value);

    /// <summary>The sum of the lanes in double, always in the same order.</summary>
    static abstract double Sum(TSelf value);

    /// <summary>int32 labels as lanes.</summary>
    static abstract TSelf LoadLabels(int* source);

    /// <summary>Bytes as lanes.</summary>
    static abstract TSelf LoadBytes(byte* source);

    /// <summary>Lane by lane the one whose bits are the larger whole number without a sign. Numbers from 0 on are in the order that they
    /// always are in, and beyond them is infinity, and beyond that what is negative or not a number.</summary>
    static abstract TSelf MaxBits(TSelf left, TSelf right);

    /// <summary>The smaller one in the order of <see cref="MaxBits"/>.</summary>
    static abstract TSelf MinBits(TSelf left, TSelf right);
}
