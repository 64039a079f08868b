using GpuLoss.Kernels.Objective;
using ILGPU;

namespace GpuLoss.Kernels.Device;

/// <summary>
/// The logits of all classes of a thread's voxels, in registers, with the sums that belong to them. A tree of structs instead of an array: every
/// method inlines down to the leaves and the index of a class becomes a constant.
/// </summary>
/// <typeparam name="TVector">The voxels of a thread.</typeparam>
public interface IClassTree<TVector>
    where TVector : unmanaged, IVoxelVector<TVector>
{
    /// <summary>The number of leaves.</summary>
    int Count { get; }

    /// <summary>Sets the sums to 0.</summary>
    void Clear();

    /// <summary>
    /// Loads the logits of classes <paramref name="class"/> and up. Voxels that do not count are read as 0, classes that do not exist as
    /// -infinity.
    /// </summary>
    void Load(ArrayView<TVector> logits, long offset, long stride, TVector labels, int @class, int classes);

    /// <summary>The largest logit.</summary>
    TVector Largest(TVector largest);

    /// <summary>The logit of each voxel's own class.</summary>
    TVector OfLabel(TVector labels, TVector found, int @class);

    /// <summary>Replaces the logits by exponentials and adds those to <paramref name="sum"/>.</summary>
    TVector Exponentiate(TVector offset, TVector sum);

    /// <summary>Adds the probabilities to the sums.</summary>
    void Accumulate<TPower>(TVector labels, TVector scale, int @class)
        where TPower : struct, IProbabilityPower;

    /// <summary>Writes the sums of a warp to its row of shared memory: I, P and T of each class, one after another.</summary>
    void WriteSums(ArrayView<float> row, int index);

    /// <summary>Replaces the exponentials by probabilities and adds Σ p·g to <paramref name="mean"/>.</summary>
    TVector Mean(TVector labels, TVector scale, ArrayView<DeviceCoefficients> coefficients, TVector mean, int @class);

    /// <summary>Adds Σ p·(g - mean) to <paramref name="rest"/>.</summary>
    TVector Rest(TVector labels, ArrayView<DeviceCoefficients> coefficients, TVector mean, TVector rest, int @class);

    /// <summary>Writes the gradient.</summary>
    void Store(
        ArrayView<TVector> gradient, long offset, long stride, TVector labels, ArrayView<DeviceCoefficients> coefficients, TVector mean,
        TVector rest, TVector crossEntropy, int @class);
}

/// <summary>Two subtrees.</summary>
/// <typeparam name="TVector">The voxels of a thread.</typeparam>
/// <typeparam name="TLow">The lower classes.</typeparam>
/// <typeparam name="THigh">The higher classes.</typeparam>
public struct ClassNode<TVector, TLow, THigh> : IClassTree<TVector>
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
    public void Clear()
    {
        low.Clear();
        high.Clear();
    }

    /// <inheritdoc/>
    public void Load(ArrayView<TVector> logits, long offset, long stride, TVector labels, int @class, int classes)
    {
        low.Load(logits, offset, stride, labels, @class, classes);
        high.Load(logits, offset + low.Count * stride, stride, labels, @class + low.Count, classes);
    }

    /// <inheritdoc/>
    public TVector Largest(TVector largest) => high.Largest(low.Largest(largest));

    /// <inheritdoc/>
    public TVector OfLabel(TVector labels, TVector found, int @class) =>
        high.OfLabel(labels, low.OfLabel(labels, found, @class), @class + low.Count);

    /// <inheritdoc/>
    public TVector Exponentiate(TVector offset, TVector sum) => high.Exponentiate(offset, low.Exponentiate(offset, sum));

    /// <inheritdoc/>
    public void Accumulate<TPower>(TVector labels, TVector scale, int @class)
        where TPower : struct, IProbabilityPower
    {
        low.Accumulate<TPower>(labels, scale, @class);
        high.Accumulate<TPower>(labels, scale, @class + low.Count);
    }

    /// <inheritdoc/>
    public void WriteSums(ArrayView<float> row, int index)
    {
        low.WriteSums(row, index);
        high.WriteSums(row, index + 3 * low.Count);
    }

    /// <inheritdoc/>
    public TVector Mean(TVector labels, TVector scale, ArrayView<DeviceCoefficients> coefficients, TVector mean, int @class) =>
        high.Mean(labels, scale, coefficients, low.Mean(labels, scale, coefficients, mean, @class), @class + low.Count);

    /// <inheritdoc/>
    public TVector Rest(TVector labels, ArrayView<DeviceCoefficients> coefficients, TVector mean, TVector rest, int @class) =>
        high.Rest(labels, coefficients, mean, low.Rest(labels, coefficients, mean, rest, @class), @class + low.Count);

    /// <inheritdoc/>
    public void Store(
        ArrayView<TVector> gradient, long offset, long stride, TVector labels, ArrayView<DeviceCoefficients> coefficients, TVector mean,
        TVector rest, TVector crossEntropy, int @class)
    {
        low.Store(gradient, offset, stride, labels, coefficients, mean, rest, crossEntropy, @class);
        high.Store(
            gradient, offset + low.Count * stride, stride, labels, coefficients, mean, rest, crossEntropy, @class + low.Count);
    }
}
