using GpuLoss.Kernels.Objective;
using ILGPU;

namespace GpuLoss.Kernels.Device;

/// <summary>
/// Spread on the device: a second read of logits and labels and one write of the gradient. It walks the voxels against the order of Reduce, whose
/// last reads are still in the level-2 cache. A grid is (blocks, samples).
/// </summary>
public static class DeviceSpread
{
    private const float SmallestLogit = -3e38f;

    /// <summary>Spread with all classes in registers.</summary>
    /// <param name="logits">float32 [N, C, V].</param>
    /// <param name="labels">Labels [N, V].</param>
    /// <param name="coefficients">[N, C].</param>
    /// <param name="gradient">Receives float32 [N, C, V].</param>
    /// <param name="vectors">V in vectors.</param>
    /// <param name="ignoreIndex">The label of the voxels that do not count.</param>
    public static void Whole<TVector, TTree, TElement, TLabels>(
        ArrayView<TVector> logits, ArrayView<TElement> labels, ArrayView<DeviceCoefficients> coefficients, ArrayView<TVector> gradient,
        long vectors, long ignoreIndex)
        where TVector : unmanaged, IVoxelVector<TVector>
        where TTree : struct, IClassTree<TVector>
        where TElement : unmanaged
        where TLabels : struct, IDeviceLabels<TElement>
    {
        var tree = default(TTree);
        var none = default(TVector);
        var width = Interop.SizeOf<TVector>() / sizeof(float);
        var ofSample = coefficients.SubView(Grid.IdxY * (long)tree.Count, tree.Count);
        var firstLogit = Grid.IdxY * (long)tree.Count * vectors;
        var firstLabel = Grid.IdxY * vectors * width;
        for (long i = Grid.IdxX * Group.DimX + Group.IdxX; i < vectors; i += Grid.DimX * Group.DimX)
        {
            var v = vectors - 1 - i;
            var label = none.LoadLabels<TElement, TLabels>(labels, firstLabel + v * width, tree.Count, ignoreIndex);
            tree.Load(logits, firstLogit + v, vectors, label, 0, int.MaxValue);
            var largest = tree.Largest(none.Broadcast(SmallestLogit));
            var sum = tree.Exponentiate(largest.Multiply(none.Broadcast(-DeviceMath.Log2OfE)), none.Broadcast(0f));
            var mean = tree.Mean(label, sum.Reciprocal(), ofSample, none.Broadcast(0f), 0);
            var rest = tree.Rest(label, ofSample, mean, none.Broadcast(0f), 0);
            tree.Store(gradient, firstLogit + v, vectors, label, ofSample, mean, rest, label.CrossEntropy(ofSample), 0);
        }
    }

    /// <summary>Spread where the classes do not fit into the registers: the logits of a voxel are read again for every step.</summary>
    /// <param name="logits">float32 [N, C, V].</param>
    /// <param name="labels">Labels [N, V].</param>
    /// <param name="coefficients">[N, C].</param>
    /// <param name="gradient">Receives float32 [N, C, V].</param>
    /// <param name="vectors">V: this kernel takes one voxel at a time.</param>
    /// <param name="ignoreIndex">The label of the voxels that do not count.</param>
    /// <param name="classes">C.</param>
    public static void Chunk<TElement, TLabels>(
        ArrayView<OneVoxel> logits, ArrayView<TElement> labels, ArrayView<DeviceCoefficients> coefficients, ArrayView<OneVoxel> gradient,
        long vectors, long ignoreIndex, int classes)
        where TElement : unmanaged
        where TLabels : struct, IDeviceLabels<TElement>
    {
        var leaf = default(ClassLeaf<OneVoxel>);
        var none = default(OneVoxel);
        var ofSample = coefficients.SubView(Grid.IdxY * (long)classes, classes);
        var firstLogit = Grid.IdxY * (long)classes * vectors;
        for (long i = Grid.IdxX * Group.DimX + Group.IdxX; i < vectors; i += Grid.DimX * Group.DimX)
        {
            var v = vectors - 1 - i;
            var label = none.LoadLabels<TElement, TLabels>(labels, Grid.IdxY * vectors + v, classes, ignoreIndex);
            var softmax = DeviceSoftmax.Over(logits, firstLogit + v, vectors, label, classes);
            var offset = softmax.Largest.Multiply(none.Broadcast(-DeviceMath.Log2OfE));
            var scale = softmax.Sum.Reciprocal();
            var (mean, rest) = (none.Broadcast(0f), none.Broadcast(0f));
            for (var c = 0; c < classes; c++)
            {
                leaf.Load(logits, firstLogit + c * vectors + v, vectors, label, c, classes);
                leaf.Exponentiate(offset, none);
                mean = leaf.Mean(label, scale, ofSample, mean, c);
            }

            for (var c = 0; c < classes; c++)
            {
                leaf.Load(logits, firstLogit + c * vectors + v, vectors, label, c, classes);
                leaf.Exponentiate(offset, none);
                leaf.Mean(label, scale, ofSample, none, c);
                rest = leaf.Rest(label, ofSample, mean, rest, c);
            }

            var crossEntropy = label.CrossEntropy(ofSample);
            for (var c = 0; c < classes; c++)
            {
                leaf.Load(logits, firstLogit + c * vectors + v, vectors, label, c, classes);
                leaf.Exponentiate(offset, none);
                leaf.Mean(label, scale, ofSample, none, c);
                leaf.Store(gradient, firstLogit + c * vectors + v, vectors, label, ofSample, mean, rest, crossEntropy, c);
            }
        }
    }
}
