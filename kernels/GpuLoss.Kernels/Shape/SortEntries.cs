using System.Runtime.CompilerServices;

namespace GpuLoss.Kernels.Shape;

/// <summary>The error of a voxel, where its slope belongs, and whether it is of the class, ordered by falling errors.</summary>
/// <typeparam name="TSelf">The entry itself.</typeparam>
internal interface ISortEntry<TSelf>
    where TSelf : unmanaged, ISortEntry<TSelf>
{
    /// <summary>The digits of a key, of <see cref="RadixSort.Bits"/> bits each.</summary>
    static abstract int Digits { get; }

    /// <summary>An entry of an error more than 0.</summary>
    static abstract TSelf Of(double error, long offset, bool isOfClass);

    /// <summary>The error.</summary>
    double Error { get; }

    /// <summary>Where the slope belongs.</summary>
    long Offset { get; }

    /// <summary>1 for a voxel of the class, else 0.</summary>
    int OfClass { get; }

    /// <summary>A digit of the key, the lowest is 0. Keys grow as errors fall.</summary>
    int Digit(int digit);

    /// <summary>Whether the errors are the same.</summary>
    bool HasErrorOf(TSelf other);
}

/// <summary>A float32 error, and an offset below 2^31.</summary>
internal readonly struct NarrowEntry : ISortEntry<NarrowEntry>
{
    private readonly ulong bits;

    private NarrowEntry(ulong bits) => this.bits = bits;

    public static int Digits => 3;

    public double Error => BitConverter.UInt32BitsToSingle(~(uint)(bits >> 32));

    public long Offset => (uint)bits >> 1;

    public int OfClass => (int)bits & 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NarrowEntry Of(double error, long offset, bool isOfClass) =>
        new(((ulong)~BitConverter.SingleToUInt32Bits((float)error) << 32) | ((uint)offset << 1) | (isOfClass ? 1u : 0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Digit(int digit) => (int)(bits >> (32 + RadixSort.Bits * digit)) & (RadixSort.Buckets - 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool HasErrorOf(NarrowEntry other) => bits >> 32 == other.bits >> 32;
}

/// <summary>A float64 error, and any offset.</summary>
internal readonly struct WideEntry : ISortEntry<WideEntry>
{
    private readonly ulong key;
    private readonly ulong place;

    private WideEntry(ulong key, ulong place) => (this.key, this.place) = (key, place);

    public static int Digits => 6;

    public double Error => BitConverter.UInt64BitsToDouble(~key);

    public long Offset => (long)(place >> 1);

    public int OfClass => (int)place & 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideEntry Of(double error, long offset, bool isOfClass) =>
        new(~BitConverter.DoubleToUInt64Bits(error), ((ulong)offset << 1) | (isOfClass ? 1ul : 0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Digit(int digit) => (int)(key >> (RadixSort.Bits * digit)) & (RadixSort.Buckets - 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool HasErrorOf(WideEntry other) => key == other.key;
}
