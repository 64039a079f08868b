using GpuLoss.Kernels.Objective;
using ILGPU;

namespace GpuLoss.Kernels.Device;

/// <summary>One class of a <see cref="IClassTree{TVector}"/>. What a kernel does not use takes no register.</summary>
/// <typeparam name="TVector">The voxels of a thread.</typeparam>
internal struct ClassLeaf<TVector> : IClassTree<TVector>
    where TVector : unmanaged, IVoxelVector<TVector>
{
    // With class indices the logit, then the exponential, then in Spread p. Else the logit, with the softmax its distance from the largest,
    // then in Spread p.
    private TVector value;

    // The exponential, then in Spread 1 - p.
    private TVector exponential;

    // The target, then in Spread dL/dp.
    private TVector target;

    // In Spread the voxel term's derivative.
    private TVector slope;

    private float intersection;
    private float prediction;
    private float extent;

    /// <inheritdoc/>
    public readonly int Count => 1;

    /// <inheritdoc/>
    public readonly int Span => 1;

    /// <inheritdoc/>
    public void Clear() => (intersection, prediction, extent) = (0f, 0f, 0f);

    /// <inheritdoc/>
    public void Load<TLogits>(TLogits logits, long address, long stride, int @class, int classes)
        where TLogits : struct, ILogitsMemory<TVector> =>
        value = @class < classes ? logits.Load(address) : TVector.Broadcast(float.NegativeInfinity);

    /// <inheritdoc/>
    public void Select(TVector labels) => value = labels.WhereCounted(value);

    /// <inheritdoc/>
    public readonly TVector Largest(TVector largest) => TVector.Max(largest, value);

    /// <inheritdoc/>
    public readonly float Fold(ClassSum sum) => sum switch
    {
        ClassSum.Intersection => intersection,
        ClassSum.Prediction => prediction,
        _ => extent,
    };

    /// <inheritdoc/>
    public readonly TVector OfLabel(TVector labels, TVector found, int @class) => labels.WhereClass(@class, value, found);

    /// <inheritdoc/>
    public TVector Exponentiate(TVector largest, TVector sum)
    {
        // The difference first: a product of large logits is rounded by more than any exponent is.
        value = TVector.Exp2((value - largest) * TVector.Broadcast(DeviceMath.Log2OfE));
        return sum + value;
    }

    /// <inheritdoc/>
    public void AddPredictions<TPower>(TVector scale)
        where TPower : struct, IProbabilityPower =>
        prediction += default(TPower).Of(value * scale).Sum();

    /// <inheritdoc/>
    public void Scale(TVector scale) => value *= scale;

    /// <inheritdoc/>
    public readonly TVector Mean(TVector labels, ArrayView<DeviceCoefficients> coefficients, TVector mean, int @class, int classes) =>
        TVector.MultiplyAdd(value, Slope(labels, coefficients, @class, classes), mean);

    /// <inheritdoc/>
    public readonly TVector Rest(
        TVector labels, ArrayView<DeviceCoefficients> coefficients, TVector mean, TVector rest, int @class, int classes) =>
        TVector.MultiplyAdd(value, Slope(labels, coefficients, @class, classes) - mean, rest);

    /// <inheritdoc/>
    public readonly void Store<TLogits>(
        TLogits gradient, long address, long stride, TVector labels, ArrayView<DeviceCoefficients> coefficients, TVector mean,
        TVector shift, TVector crossEntropy, int @class, int classes)
        where TLogits : struct, ILogitsMemory<TVector>
    {
        if (@class >= classes)
            return;
        var product = value * (Slope(labels, coefficients, @class, classes) - mean + shift);
        gradient.Store(address, labels.WhereCounted(labels.WhereClass(@class, product - crossEntropy, product)));
    }

    /// <inheritdoc/>
    public void TakeTargets(TVector labels, int @class) =>
        target = labels.WhereClass(@class, TVector.Broadcast(1f), TVector.Broadcast(0f));

    /// <inheritdoc/>
    public void LoadTargets<TElement, TCodec>(ArrayView<TElement> target, long stride, int @class, int classes)
        where TElement : unmanaged
        where TCodec : struct, INumberCodec<TElement, TVector> =>
        this.target = @class < classes ? default(TCodec).Decode(target[0]) : TVector.Broadcast(0f);

    /// <inheritdoc/>
    public void SelectTargets(TVector labels) => target = labels.WhereCounted(target);

    /// <inheritdoc/>
    public TVector CountOutside(TVector count)
    {
        var (zero, one) = (TVector.Broadcast(0f), TVector.Broadcast(1f));
        var isNumber = TVector.SelectEqual(target, target, zero, one);
        var outside = TVector.SelectLess(target, zero, one, TVector.SelectLess(one, target, one, isNumber));
        target = TVector.SelectEqual(outside, zero, target, zero);
        return count + outside;
    }

    /// <inheritdoc/>
    public void Exponentiate(TVector largest)
    {
        value -= largest;
        exponential = TVector.Exp2(value * TVector.Broadcast(DeviceMath.Log2OfE));
    }

    /// <inheritdoc/>
    public readonly TVector SumOfOthers(TVector sum) =>
        sum + TVector.SelectEqual(value, TVector.Broadcast(0f), TVector.Broadcast(0f), exponential);

    /// <inheritdoc/>
    public readonly TVector SumOfAll(TVector sum) => sum + exponential;

    /// <inheritdoc/>
    public TVector Accumulate<TActivation, TTerm, TPower>(
        SumRules rules, SumSoftmax<TVector> softmax, TVector weight, TVector term, int @class)
        where TActivation : struct, ISumActivation
        where TTerm : struct, ISumTerm
        where TPower : struct, IProbabilityPower
    {
        var predicted = default(TActivation).Predict(value, exponential, softmax);
        var p = predicted.Value;
        intersection = p.Dot(weight * target, intersection);
        prediction = default(TPower).Of(p).Dot(weight, prediction);
        extent = default(TPower).Of(target).Dot(weight, extent);
        return SumTerm.Add<TVector, TActivation, TTerm>(rules, predicted, target, rules.Factors[@class], term);
    }

    /// <inheritdoc/>
    public void Differentiate<TActivation, TTerm>(SumRules rules, SumSoftmax<TVector> softmax, TVector weight, TVector seed, int @class)
        where TActivation : struct, ISumActivation
        where TTerm : struct, ISumTerm
    {
        var predicted = default(TActivation).Predict(value, exponential, softmax);
        var of = rules.Coefficients[@class];
        slope = TVector.MultiplyAdd(weight, TVector.Broadcast(of.VoxelTerm), seed)
            * SumTerm.Slope<TVector, TActivation, TTerm>(rules, predicted, target, rules.Factors[@class]);
        (value, exponential) = (predicted.Value, predicted.Rest);
        target = weight * TVector.MultiplyAdd(
            TVector.Broadcast(of.Intersection), target,
            TVector.MultiplyAdd(TVector.Broadcast(of.Linear), value, TVector.Broadcast(of.Constant)));

        // One number less to keep for each class.
        if (default(TActivation).IsApart)
            value = default(TActivation).Derivative(value, exponential, target, slope, TVector.Broadcast(0f));
    }

    /// <inheritdoc/>
    public readonly TVector Mean(TVector mean) => TVector.MultiplyAdd(value, target, mean);

    /// <inheritdoc/>
    public readonly TVector Rest(TVector mean, TVector rest) => TVector.MultiplyAdd(value, target - mean, rest);

    /// <inheritdoc/>
    public readonly TVector Terms(TVector terms) => terms + slope;

    /// <inheritdoc/>
    public readonly void Store<TLogits, TActivation>(
        TLogits gradient, long address, long stride, TVector labels, TVector mean, TVector rest, TVector terms, int @class,
        int classes)
        where TLogits : struct, ILogitsMemory<TVector>
        where TActivation : struct, ISumActivation
    {
        if (@class >= classes)
            return;
        var derivative = default(TActivation).IsApart
            ? value
            : default(TActivation).Derivative(value, exponential, target - mean - rest, slope, terms);
        gradient.Store(address, labels.WhereCounted(derivative));
    }

    /// <summary>g = dL/dp of this class. A class that does not exist has p = 0 and takes the coefficients of one that does.</summary>
    private readonly TVector Slope(TVector labels, ArrayView<DeviceCoefficients> coefficients, int @class, int classes)
    {
        var of = coefficients[@class < classes ? @class : classes - 1];
        var slope = TVector.MultiplyAdd(value, TVector.Broadcast(of.Linear), TVector.Broadcast(of.Constant));
        return labels.WhereClass(@class, slope + TVector.Broadcast(of.Intersection), slope);
    }
}
