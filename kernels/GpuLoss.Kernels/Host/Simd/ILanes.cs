namespace GpuLoss.Kernels.Host.Simd;

/// <summary>
/// One SIMD register of float32 lanes: the only thing that differs between AVX-512, AVX2 and 128-bit machines. The same register also holds
/// int32 labels and the all-ones masks that comparing labels gives; the methods that read it so say so.
/// </summary>
/// <typeparam name="TSelf">The register type.</typeparam>
internal unsafe interface ILanes<TSelf>
    where TSelf : unmanaged, ILanes<TSelf>
{
    /// <summary>The number of lanes.</summary>
    static abstract int Count { get; }

    static abstract TSelf Load(float* source);

    static abstract void Store(TSelf value, float* destination);

    /// <summary>Stores past the caches; the address is aligned to the register.</summary>
    static abstract void StoreStreaming(TSelf value, float* destination);

    static abstract TSelf Broadcast(float value);

    static abstract TSelf operator +(TSelf left, TSelf right);

    static abstract TSelf operator -(TSelf left, TSelf right);

    static abstract TSelf operator *(TSelf left, TSelf right);

    static abstract TSelf operator /(TSelf left, TSelf right);

    /// <summary>Bitwise and: with a mask, the value where the mask is set and +0 elsewhere, whatever the value is.</summary>
    static abstract TSelf operator &(TSelf left, TSelf right);

    /// <summary>left · right + addend, rounded once where the machine can.</summary>
    static abstract TSelf MultiplyAdd(TSelf left, TSelf right, TSelf addend);

    /// <summary>The larger value of each lane; which of the two a NaN gives is not defined.</summary>
    static abstract TSelf Max(TSelf left, TSelf right);

    /// <summary>2^y for y up to a few units above 0; +0 for -infinity, NaN for NaN. Relative error below 1.5e-7.</summary>
    static abstract TSelf Exp2(TSelf y);

    /// <summary>The exponent of positive normal values, as floats.</summary>
    static abstract TSelf Exponent(TSelf value);

    /// <summary>The mantissa of positive normal values, in [1, 2).</summary>
    static abstract TSelf Mantissa(TSelf value);

    /// <summary>The sum of the lanes in double, always in the same order.</summary>
    static abstract double Sum(TSelf value);

    /// <summary>Labels as int32 lanes.</summary>
    static abstract TSelf LoadLabels(byte* source);

    /// <summary>Labels as int32 lanes; what does not fit becomes a label that no class has.</summary>
    static abstract TSelf LoadLabels(long* source);

    static abstract TSelf BroadcastLabel(int label);

    /// <summary>The mask of the lanes whose labels are equal.</summary>
    static abstract TSelf LabelsEqual(TSelf left, TSelf right);

    /// <summary>The mask of the lanes whose label is in 0..classes-1.</summary>
    static abstract TSelf LabelsBelow(TSelf labels, int classes);

    /// <summary>Where the mask is set <paramref name="ifSet"/>, elsewhere <paramref name="otherwise"/>.</summary>
    static abstract TSelf Select(TSelf mask, TSelf ifSet, TSelf otherwise);

    /// <summary>The number of set lanes of a mask.</summary>
    static abstract int CountSet(TSelf mask);

    /// <summary>The labels of four registers as the bytes of one, in any order; only the lowest byte of each is kept.</summary>
    static abstract TSelf PackLabels(TSelf a, TSelf b, TSelf c, TSelf d);

    /// <summary>How many of the packed labels are <paramref name="label"/>.</summary>
    static abstract int CountPacked(TSelf packed, int label);
}
