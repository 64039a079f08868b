namespace GpuLoss.Kernels.Objective;

/// <summary>
/// The numbers that the formulas of a voxel are written in, so that each is written once: SIMD lanes on the host, a float32 on the device.
/// </summary>
/// <typeparam name="TSelf">The type.</typeparam>
internal interface IReal<TSelf>
    where TSelf : unmanaged, IReal<TSelf>
{
    /// <summary>A constant.</summary>
    static abstract TSelf Of(double value);

    /// <summary>Sum.</summary>
    static abstract TSelf operator +(TSelf left, TSelf right);

    /// <summary>Difference.</summary>
    static abstract TSelf operator -(TSelf left, TSelf right);

    /// <summary>Product.</summary>
    static abstract TSelf operator *(TSelf left, TSelf right);

    /// <summary>left · right + addend, rounded once where the machine can.</summary>
    static abstract TSelf MultiplyAdd(TSelf left, TSelf right, TSelf addend);

    /// <summary>The larger value; which of the two a NaN gives is not defined.</summary>
    static abstract TSelf Max(TSelf left, TSelf right);

    /// <summary>1 / value.</summary>
    static abstract TSelf Reciprocal(TSelf value);

    /// <summary>2^y for y up to a few units above 0; +0 for -infinity, NaN for NaN.</summary>
    static abstract TSelf Exp2(TSelf y);

    /// <summary>The logarithm to the base 2 of positive normal values.</summary>
    static abstract TSelf Log2(TSelf value);

    /// <summary>The natural logarithm of 1 + value, for values in [0, 1], to the last digits also near 0.</summary>
    static abstract TSelf LogOnePlus(TSelf value);

    /// <summary>Where left and right are equal <paramref name="ifEqual"/>, elsewhere <paramref name="otherwise"/>.</summary>
    static abstract TSelf SelectEqual(TSelf left, TSelf right, TSelf ifEqual, TSelf otherwise);

    /// <summary>Where left is less than right <paramref name="ifLess"/>, elsewhere <paramref name="otherwise"/>; a NaN is less than
    /// nothing.</summary>
    static abstract TSelf SelectLess(TSelf left, TSelf right, TSelf ifLess, TSelf otherwise);
}
