using ILGPU;

namespace GpuLoss.Kernels.Device;

/// <summary>Two subtrees.</summary>
/// <typeparam name="TVector">The voxels of a thread.</typeparam>
/// <typeparam name="TLow">The lower classes, a power of 2 and no fewer than the higher ones.</typeparam>
/// <typeparam name="THigh">The higher classes.</typeparam>
internal struct ClassNode<TVector, TLow, THigh> : IClassTree<TVector>
    where TVector : unmanaged, IVoxelVector<TVector>
    where TLow : struct, IClassTree<TVector>
    where THigh : struct, IClassTree<TVector>
{
#pragma warning disable CS0649 // A tree is made as default(TTree) and filled leaf by leaf.
    private TLow low;
    private THigh high;
#pragma warning restore CS0649

    /// <inheritdoc/>
    public readonly int Count => low.Count + high.Count;

    /// <inheritdoc/>
    public readonly int Span => 2 * low.Count;

    /// <inheritdoc/>
    public void Clear()
    {
        low.Clear();
        high.Clear();
    }

    /// <inheritdoc/>
    public void Load<TLogits>(TLogits logits, long address, long stride, int @class, int classes)
        where TLogits : struct, ILogitsMemory<TVector>
    {
        low.Load(logits, address, stride, @class, classes);
        high.Load(logits, address + low.Count * stride, stride, @class + low.Count, classes);
    }

    /// <inheritdoc/>
    public void Select(TVector labels)
    {
        low.Select(labels);
        high.Select(labels);
    }

    /// <inheritdoc/>
    public readonly TVector Largest(TVector largest) => high.Largest(low.Largest(largest));

    /// <inheritdoc/>
    public readonly float Fold(ClassSum sum)
    {
        var (ofLow, ofHigh) = (low.Fold(sum), WarpSum.Across(high.Fold(sum), high.Span, low.Count));
        return WarpSum.Halves(ofLow, ofHigh, low.Count);
    }

    /// <inheritdoc/>
    public readonly TVector OfLabel(TVector labels, TVector found, int @class) =>
        high.OfLabel(labels, low.OfLabel(labels, found, @class), @class + low.Count);

    /// <inheritdoc/>
    public TVector Exponentiate(TVector largest, TVector sum) => high.Exponentiate(largest, low.Exponentiate(largest, sum));

    /// <inheritdoc/>
    public void AddPredictions<TPower>(TVector scale)
        where TPower : struct, IProbabilityPower
    {
        low.AddPredictions<TPower>(scale);
        high.AddPredictions<TPower>(scale);
    }

    /// <inheritdoc/>
    public void Scale(TVector scale)
    {
        low.Scale(scale);
        high.Scale(scale);
    }

    /// <inheritdoc/>
    public readonly TVector Mean(TVector labels, ArrayView<DeviceCoefficients> coefficients, TVector mean, int @class, int classes) =>
        high.Mean(labels, coefficients, low.Mean(labels, coefficients, mean, @class, classes), @class + low.Count, classes);

    /// <inheritdoc/>
    public readonly TVector Rest(
        TVector labels, ArrayView<DeviceCoefficients> coefficients, TVector mean, TVector rest, int @class, int classes) =>
        high.Rest(labels, coefficients, mean, low.Rest(labels, coefficients, mean, rest, @class, classes), @class + low.Count, classes);

    /// <inheritdoc/>
    public readonly void Store<TLogits>(
        TLogits gradient, long address, long stride, TVector labels, ArrayView<DeviceCoefficients> coefficients, TVector mean,
        TVector shift, TVector crossEntropy, int @class, int classes)
        where TLogits : struct, ILogitsMemory<TVector>
    {
        low.Store(gradient, address, stride, labels, coefficients, mean, shift, crossEntropy, @class, classes);
        high.Store(
            gradient, address + low.Count * stride, stride, labels, coefficients, mean, shift, crossEntropy, @class + low.Count, classes);
    }

    /// <inheritdoc/>
    public void TakeTargets(TVector labels, int @class)
    {
        low.TakeTargets(labels, @class);
        high.TakeTargets(labels, @class + low.Count);
    }

    /// <inheritdoc/>
    public void LoadTargets<TElement, TCodec>(ArrayView<TElement> target, long stride, int @class, int classes)
        where TElement : unmanaged
        where TCodec : struct, INumberCodec<TElement, TVector>
    {
        low.LoadTargets<TElement, TCodec>(target, stride, @class, classes);
        high.LoadTargets<TElement, TCodec>(target.SubView(low.Count * stride), stride, @class + low.Count, classes);
    }

    /// <inheritdoc/>
    public void SelectTargets(TVector labels)
    {
        low.SelectTargets(labels);
        high.SelectTargets(labels);
    }

    /// <inheritdoc/>
    public TVector CountOutside(TVector count) => high.CountOutside(low.CountOutside(count));

    /// <inheritdoc/>
    public void Exponentiate(TVector largest)
    {
        low.Exponentiate(largest);
        high.Exponentiate(largest);
    }

    /// <inheritdoc/>
    public readonly TVector SumOfOthers(TVector sum) => high.SumOfOthers(low.SumOfOthers(sum));

    /// <inheritdoc/>
    public readonly TVector SumOfAll(TVector sum) => high.SumOfAll(low.SumOfAll(sum));

    /// <inheritdoc/>
    public TVector Accumulate<TActivation, TTerm, TPower>(
        SumRules rules, SumSoftmax<TVector> softmax, TVector weight, TVector term, int @class)
        where TActivation : struct, ISumActivation
        where TTerm : struct, ISumTerm
        where TPower : struct, IProbabilityPower
    {
        var ofLow = low.Accumulate<TActivation, TTerm, TPower>(rules, softmax, weight, term, @class);
        return high.Accumulate<TActivation, TTerm, TPower>(rules, softmax, weight, ofLow, @class + low.Count);
    }

    /// <inheritdoc/>
    public void Differentiate<TActivation, TTerm>(SumRules rules, SumSoftmax<TVector> softmax, TVector weight, TVector seed, int @class)
        where TActivation : struct, ISumActivation
        where TTerm : struct, ISumTerm
    {
        low.Differentiate<TActivation, TTerm>(rules, softmax, weight, seed, @class);
        high.Differentiate<TActivation, TTerm>(rules, softmax, weight, seed, @class + low.Count);
    }

    /// <inheritdoc/>
    public readonly TVector Mean(TVector mean) => high.Mean(low.Mean(mean));

    /// <inheritdoc/>
    public readonly TVector Rest(TVector mean, TVector rest) => high.Rest(mean, low.Rest(mean, rest));

    /// <inheritdoc/>
    public readonly TVector Terms(TVector terms) => high.Terms(low.Terms(terms));

    /// <inheritdoc/>
    public readonly void Store<TLogits, TActivation>(
        TLogits gradient, long address, long stride, TVector labels, TVector mean, TVector rest, TVector terms, int @class,
        int classes)
        where TLogits : struct, ILogitsMemory<TVector>
        where TActivation : struct, ISumActivation
    {
        low.Store<TLogits, TActivation>(gradient, address, stride, labels, mean, rest, terms, @class, classes);
        high.Store<TLogits, TActivation>(
            gradient, address + low.Count * stride, stride, labels, mean, rest, terms, @class + low.Count, classes);
    }
}
