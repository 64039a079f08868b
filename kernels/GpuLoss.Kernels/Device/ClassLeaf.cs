using GpuLoss.Kernels.Objective;
using ILGPU;

namespace GpuLoss.Kernels.Device;

/// <summary>One class of a <see cref="IClassTree{TVector}"/>: a value per voxel, and the class's sums.</summary>
/// <typeparam name="TVector">The voxels of a thread.</typeparam>
internal struct ClassLeaf<TVector> : IClassTree<TVector>
    where TVector : unmanaged, IVoxelVector<TVector>
{
    // The logit, then the exponential, then in Spread the probability.
    private TVector value;
    private float prediction;

    /// <inheritdoc/>
    public readonly int Count => 1;

    /// <inheritdoc/>
    public readonly int Span => 1;

    /// <inheritdoc/>
    public void Clear() => prediction = 0;

    /// <inheritdoc/>
    public void Load<TLogits>(TLogits logits, long offset, long stride, int @class, int classes)
        where TLogits : struct, ILogitsMemory<TVector> =>
        value = @class < classes ? logits.Load(offset) : value.Broadcast(float.NegativeInfinity);

    /// <inheritdoc/>
    public void Select(TVector labels) => value = labels.WhereCounted(value);

    /// <inheritdoc/>
    public readonly TVector Largest(TVector largest) => largest.Max(value);

    /// <inheritdoc/>
    public readonly TVector OfLabel(TVector labels, TVector found, int @class) => labels.WhereClass(@class, value, found);

    /// <inheritdoc/>
    public TVector Exponentiate(TVector largest, TVector sum)
    {
        // The difference first: a product of large logits is rounded by more than any exponent is.
        value = value.Subtract(largest).Multiply(value.Broadcast(DeviceMath.Log2OfE)).Exp2();
        return sum.Add(value);
    }

    /// <inheritdoc/>
    public void AddPredictions<TPower>(TVector scale)
        where TPower : struct, IProbabilityPower =>
        prediction += default(TPower).Of(value.Multiply(scale)).Sum();

    /// <inheritdoc/>
    public readonly float FoldPredictions() => prediction;

    /// <inheritdoc/>
    public void Scale(TVector scale) => value = value.Multiply(scale);

    /// <inheritdoc/>
    public readonly TVector Mean(TVector labels, ArrayView<DeviceCoefficients> coefficients, TVector mean, int @class, int classes) =>
        value.MultiplyAdd(Slope(labels, coefficients, @class, classes), mean);

    /// <inheritdoc/>
    public readonly TVector Rest(
        TVector labels, ArrayView<DeviceCoefficients> coefficients, TVector mean, TVector rest, int @class, int classes) =>
        value.MultiplyAdd(Slope(labels, coefficients, @class, classes).Subtract(mean), rest);

    /// <inheritdoc/>
    public readonly void Store<TLogits>(
        TLogits gradient, long offset, long stride, TVector labels, ArrayView<DeviceCoefficients> coefficients, TVector mean, TVector shift,
        TVector crossEntropy, int @class, int classes)
        where TLogits : struct, ILogitsMemory<TVector>
    {
        if (@class >= classes)
            return;
        var product = value.Multiply(Slope(labels, coefficients, @class, classes).Subtract(mean).Add(shift));
        gradient.Store(offset, labels.WhereCounted(labels.WhereClass(@class, product.Subtract(crossEntropy), product)));
    }

    /// <summary>g = dL/dp of this class. A class that does not exist has p = 0 and takes the coefficients of one that does.</summary>
    private readonly TVector Slope(TVector labels, ArrayView<DeviceCoefficients> coefficients, int @class, int classes)
    {
        var of = coefficients[@class < classes ? @class : classes - 1];
        var slope = value.MultiplyAdd(value.Broadcast(of.Linear), value.Broadcast(of.Constant));
        return labels.WhereClass(@class, slope.Add(value.Broadcast(of.Intersection)), slope);
    }
}
