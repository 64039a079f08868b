namespace GpuLoss.Kernels.Objective;

/// <summary>
/// The numbers that the formulas of a voxel are written in, so that each is written once: SIMD lanes on the host, a float32 on the device.
/// </summary>
/// <typeparam name="TSelf">The type.</typeparam>
internal interface IReal<TSelf>
    where TSelf : unmanaged, IReal<TSelf>
{
    /// <summary>A constant.</summary>
    TSelf Of(double value);

    /// <summary>Sum.</summary>
    TSelf Add(TSelf other);

    /// <summary>Difference.</summary>
    TSelf Subtract(TSelf other);

    /// <summary>Product.</summary>
    TSelf Multiply(TSelf other);

    /// <summary>this · factor + addend.</summary>
    TSelf MultiplyAdd(TSelf factor, TSelf addend);

    /// <summary>The larger one.</summary>
    TSelf Max(TSelf other);

    /// <summary>1 / this.</summary>
    TSelf Reciprocal();

    /// <summary>2 to the power of this, which is 0 or less.</summary>
    TSelf Exp2();

    /// <summary>The base-2 logarithm.</summary>
    TSelf Log2();

    /// <summary>The natural logarithm of 1 + this, for this in [0, 1], to the last digits also near 0.</summary>
    TSelf LogOnePlus();

    /// <summary>Where this is less than <paramref name="other"/> the one, elsewhere the other; a NaN is less than nothing.</summary>
    TSelf SelectLess(TSelf other, TSelf ifLess, TSelf otherwise);

    /// <summary>Where this equals <paramref name="other"/> the one, elsewhere the other.</summary>
    TSelf SelectEqual(TSelf other, TSelf ifEqual, TSelf otherwise);
}
