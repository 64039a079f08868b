namespace GpuLoss.Interop.Top;

/// <summary>
/// The largest of many values on one kind of device. Addresses are those of contiguous torch tensors on it, which the caller keeps alive;
/// scratch memory is the caller's too, bytes of any contents.
/// </summary>
internal interface ITopEngine
{
    /// <summary>The bytes of scratch memory that <see cref="Select"/> asks for.</summary>
    long ScratchBytes { get; }

    /// <summary>
    /// The mean of the largest values. Where several values are equal to the smallest that counts and not all of them fit, they share what
    /// is left. What is not a number is larger than all others: it counts, and so does its NaN.
    /// </summary>
    /// <param name="values">The values.</param>
    /// <param name="count">How many are the largest, 1 to their number.</param>
    /// <param name="scratch"><see cref="ScratchBytes"/> bytes.</param>
    /// <param name="mean">Receives the mean, as the four doubles of <see cref="GpuLoss.Kernels.Top.TopMean"/>.</param>
    /// <param name="factor">A factor.</param>
    /// <param name="value">Receives the mean times the factor, in the type of the values.</param>
    void Select(TopValues values, long count, nint scratch, nint mean, double factor, nint value);

    /// <summary>The derivative of a weighted sum of such means by each value.</summary>
    /// <param name="values">The values that they are of.</param>
    /// <param name="means">The means, at least one.</param>
    /// <param name="gradient">The derivative by the sum, in the type of the values.</param>
    /// <param name="derivatives">Receives them, in that type too.</param>
    void Differentiate(TopValues values, ReadOnlySpan<WeightedMean> means, nint gradient, nint derivatives);
}

/// <summary>Values on a device.</summary>
/// <param name="Address">Where they are, as torch allocates tensors: at a multiple of 16 bytes.</param>
/// <param name="Length">Their number.</param>
/// <param name="IsDouble">Whether they are float64; else they are float32.</param>
internal readonly record struct TopValues(nint Address, long Length, bool IsDouble);

/// <summary>A term of a sum of means.</summary>
/// <param name="Mean">Where <see cref="ITopEngine.Select"/> wrote it.</param>
/// <param name="Factor">Its factor.</param>
internal readonly record struct WeightedMean(nint Mean, double Factor);
