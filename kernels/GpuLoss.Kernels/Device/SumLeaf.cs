using GpuLoss.Kernels.Objective;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Util;

namespace GpuLoss.Kernels.Device;

/// <summary>One class of a <see cref="ISumTree"/>.</summary>
internal struct SumLeaf : ISumTree
{
    // The logit, then with the softmax its distance from the largest, then in Spread p.
    private float value;

    // The exponential, then in Spread 1 - p.
    private float exponential;

    // The target, then in Spread dL/dp.
    private float target;

    // In Spread the voxel term's derivative.
    private float slope;
    private int invalid;

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
    public void Load<TLogits>(TLogits logits, SumVoxel voxel, int @class, int classes)
        where TLogits : struct, ILogitsMemory<OneVoxel>
    {
        (value, target, invalid) = (float.NegativeInfinity, 0f, 0);
        if (@class >= classes)
            return;
        var number = voxel.Voxel.Target(voxel.Target, voxel.Index, voxel.FirstClass + @class, voxel.Volume);
        var isOutside = voxel.Exists & DeviceVoxel.IsOutside(number, voxel.Volume);
        invalid = Utilities.Select(isOutside, 1, 0);
        target = Utilities.Select(voxel.Exists & !isOutside, number, 0f);
        value = Utilities.Select(voxel.Exists, logits.Load(voxel.Element + @class * voxel.Volume.Logits.Class).Value, 0f);
    }

    /// <inheritdoc/>
    public readonly int CountInvalid() => invalid;

    /// <inheritdoc/>
    public readonly float Largest(float largest) => XMath.Max(largest, value);

    /// <inheritdoc/>
    public void Exponentiate(float largest)
    {
        value -= largest;
        exponential = XMath.Exp2(value * DeviceMath.Log2OfE);
    }

    /// <inheritdoc/>
    public readonly float SumOfOthers(float sum) => sum + Utilities.Select(value == 0f, 0f, exponential);

    /// <inheritdoc/>
    public readonly float CountLargest(float count) => count + Utilities.Select(value == 0f, 1f, 0f);

    /// <inheritdoc/>
    public float Accumulate<TActivation>(SumRules rules, SumSoftmax softmax, float weight, float term, int @class)
        where TActivation : struct, ISumActivation
    {
        var predicted = default(TActivation).Predict(new(value), new(exponential), softmax);
        var (overlap, t) = (rules.Definition.Overlap, new DeviceReal(target));
        if (overlap != OverlapSums.None)
        {
            intersection += weight * OverlapElement.Intersection(overlap, predicted.Value, t).Value;
            prediction += weight * OverlapElement.Extent(overlap, predicted.Value).Value;
        }

        extent += weight * OverlapElement.Extent(overlap, t).Value;
        if (rules.Definition.HasVoxelTerm == 0)
            return term;
        var factors = rules.Factors[@class];
        return term + VoxelTerm.Value(
            rules.Definition, predicted, VoxelTerm.Smoothed(t, rules.Kept, rules.Shared), new DeviceReal(factors.Positive),
            new(factors.Negative)).Value;
    }

    /// <inheritdoc/>
    public readonly float Fold(ClassSum sum) => sum switch
    {
        ClassSum.Intersection => intersection,
        ClassSum.Prediction => prediction,
        _ => extent,
    };

    /// <inheritdoc/>
    public void Differentiate<TActivation>(SumRules rules, SumSoftmax softmax, float weight, int @class)
        where TActivation : struct, ISumActivation
    {
        var predicted = default(TActivation).Predict(new(value), new(exponential), softmax);
        var (t, of) = (new DeviceReal(target), rules.Coefficients[@class]);
        (value, exponential, target, slope) = (predicted.Value.Value, predicted.Rest.Value, 0f, 0f);
        if (rules.Definition.Overlap != OverlapSums.None)
        {
            target = weight * OverlapElement.Slope(
                rules.Definition.Overlap, predicted.Value, t, new(of.Intersection), new(of.Constant), new DeviceReal(of.Linear)).Value;
        }

        if (rules.Definition.HasVoxelTerm == 0)
            return;
        var factors = rules.Factors[@class];
        slope = weight * of.VoxelTerm * default(TActivation).Slope(
            rules.Definition, predicted, VoxelTerm.Smoothed(t, rules.Kept, rules.Shared), new(factors.Positive), new(factors.Negative))
                .Value;
    }

    /// <inheritdoc/>
    public readonly float Mean(float mean) => value * target + mean;

    /// <inheritdoc/>
    public readonly float Rest(float mean, float rest) => value * (target - mean) + rest;

    /// <inheritdoc/>
    public readonly float Terms(float terms) => terms + slope;

    /// <inheritdoc/>
    public readonly void Store<TLogits, TActivation>(
        TLogits gradient, SumVoxel voxel, float mean, float rest, float terms, int @class, int classes)
        where TLogits : struct, ILogitsMemory<OneVoxel>
        where TActivation : struct, ISumActivation
    {
        if (@class >= classes)
            return;
        var derivative = default(TActivation).Derivative(value, exponential, target - mean - rest, slope, terms);
        gradient.Store(voxel.Volume.Gradient.At(Grid.IdxY, voxel.FirstClass + @class, voxel.Index),
            default(OneVoxel).Broadcast(Utilities.Select(voxel.Exists, derivative, 0f)));
    }
}
