using ILGPU;

namespace GpuLoss.Kernels.Device;

/// <summary>
/// The logits of all classes of a thread's voxels, in registers, with the sums that belong to them. A tree of structs instead of an array:
/// every method inlines down to the leaves and the index of a class becomes a constant. Where C is not known to a kernel its tree may have
/// leaves that do not exist, which are read as -infinity.
/// </summary>
/// <typeparam name="TVector">The voxels of a thread.</typeparam>
internal interface IClassTree<TVector>
    where TVector : unmanaged, IVoxelVector<TVector>
{
    /// <summary>The number of leaves.</summary>
    int Count { get; }

    /// <summary>The smallest power of 2 that is not less.</summary>
    int Span { get; }

    /// <summary>Sets the sums to 0.</summary>
    void Clear();

    /// <summary>Loads the logits of classes <paramref name="class"/> and up.</summary>
    void Load<TLogits>(TLogits logits, long offset, long stride, int @class, int classes)
        where TLogits : struct, ILogitsMemory<TVector>;

    /// <summary>Sets the logits of voxels that do not count to 0, whatever they were.</summary>
    void Select(TVector labels);

    /// <summary>The largest logit.</summary>
    TVector Largest(TVector largest);

    /// <summary>The logit of each voxel's own class.</summary>
    TVector OfLabel(TVector labels, TVector found, int @class);

    /// <summary>Replaces the logits by exponentials of their distance from the largest and adds those to <paramref name="sum"/>.</summary>
    TVector Exponentiate(TVector largest, TVector sum);

    /// <summary>Adds the probabilities to P alone.</summary>
    void AddPredictions<TPower>(TVector scale)
        where TPower : struct, IProbabilityPower;

    /// <summary>
    /// P, added up over the lanes of a warp whose numbers agree in their lowest bits, those that a <see cref="Span"/> has. They are the
    /// class.
    /// </summary>
    float FoldPredictions();

    /// <summary>Replaces the exponentials by probabilities.</summary>
    void Scale(TVector scale);

    /// <summary>Adds Σ p·g to <paramref name="mean"/>.</summary>
    TVector Mean(TVector labels, ArrayView<DeviceCoefficients> coefficients, TVector mean, int @class, int classes);

    /// <summary>Adds Σ p·(g - mean) to <paramref name="rest"/>.</summary>
    TVector Rest(TVector labels, ArrayView<DeviceCoefficients> coefficients, TVector mean, TVector rest, int @class, int classes);

    /// <summary>Writes the gradient, p·(g - mean + shift), less the cross-entropy coefficient in a voxel's own class.</summary>
    void Store<TLogits>(
        TLogits gradient, long offset, long stride, TVector labels, ArrayView<DeviceCoefficients> coefficients, TVector mean, TVector shift,
        TVector crossEntropy, int @class, int classes)
        where TLogits : struct, ILogitsMemory<TVector>;
}

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
    public void Load<TLogits>(TLogits logits, long offset, long stride, int @class, int classes)
        where TLogits : struct, ILogitsMemory<TVector>
    {
        low.Load(logits, offset, stride, @class, classes);
        high.Load(logits, offset + low.Count * stride, stride, @class + low.Count, classes);
    }

    /// <inheritdoc/>
    public void Select(TVector labels)
    {
        low.Select(labels);
        high.Select(labels);
    }

    /// <inheritdoc/>
    public TVector Largest(TVector largest) => high.Largest(low.Largest(largest));

    /// <inheritdoc/>
    public TVector OfLabel(TVector labels, TVector found, int @class) =>
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
    public readonly float FoldPredictions()
    {
        var (ofLow, ofHigh) = (low.FoldPredictions(), WarpSum.Across(high.FoldPredictions(), high.Span, low.Count));
        return WarpSum.Halves(ofLow, ofHigh, low.Count);
    }

    /// <inheritdoc/>
    public void Scale(TVector scale)
    {
        low.Scale(scale);
        high.Scale(scale);
    }

    /// <inheritdoc/>
    public TVector Mean(TVector labels, ArrayView<DeviceCoefficients> coefficients, TVector mean, int @class, int classes) =>
        high.Mean(labels, coefficients, low.Mean(labels, coefficients, mean, @class, classes), @class + low.Count, classes);

    /// <inheritdoc/>
    public TVector Rest(TVector labels, ArrayView<DeviceCoefficients> coefficients, TVector mean, TVector rest, int @class, int classes) =>
        high.Rest(labels, coefficients, mean, low.Rest(labels, coefficients, mean, rest, @class, classes), @class + low.Count, classes);

    /// <inheritdoc/>
    public void Store<TLogits>(
        TLogits gradient, long offset, long stride, TVector labels, ArrayView<DeviceCoefficients> coefficients, TVector mean, TVector shift,
        TVector crossEntropy, int @class, int classes)
        where TLogits : struct, ILogitsMemory<TVector>
    {
        low.Store(gradient, offset, stride, labels, coefficients, mean, shift, crossEntropy, @class, classes);
        high.Store(
            gradient, offset + low.Count * stride, stride, labels, coefficients, mean, shift, crossEntropy, @class + low.Count, classes);
    }
}
