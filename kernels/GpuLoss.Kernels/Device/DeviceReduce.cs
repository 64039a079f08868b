using GpuLoss.Kernels.Objective;
using ILGPU;

namespace GpuLoss.Kernels.Device;

/// <summary>
/// Reduce on the device: every block reads its share of a sample once and leaves one row of partial sums, in float32, in the order of
/// <see cref="StatisticsLayout"/>; the first Score kernel adds the rows up in double. No atomics: two runs give the same bits. A grid is
/// (blocks, samples).
/// </summary>
public static class DeviceReduce
{
    /// <summary>The most warps a block may have.</summary>
    public const int MostWarps = 8;

    private const float SmallestLogit = -3e38f;

    /// <summary>Reduce with all classes in registers.</summary>
    /// <param name="logits">float32 [N, C, V].</param>
    /// <param name="labels">Labels [N, V].</param>
    /// <param name="weights">C class weights.</param>
    /// <param name="partials">Receives [N, blocks, 3·C + 2].</param>
    /// <param name="vectors">V in vectors.</param>
    /// <param name="ignoreIndex">The label of the voxels that do not count.</param>
    public static void Whole<TVector, TTree, TElement, TLabels, TPower>(
        ArrayView<TVector> logits, ArrayView<TElement> labels, ArrayView<double> weights, ArrayView<float> partials, long vectors,
        long ignoreIndex)
        where TVector : unmanaged, IVoxelVector<TVector>
        where TTree : struct, IClassTree<TVector>
        where TElement : unmanaged
        where TLabels : struct, IDeviceLabels<TElement>
        where TPower : struct, IProbabilityPower
    {
        var tree = default(TTree);
        var none = default(TVector);
        tree.Clear();
        var crossEntropy = 0f;
        var invalid = 0;
        var width = Interop.SizeOf<TVector>() / sizeof(float);
        var firstLogit = Grid.IdxY * (long)tree.Count * vectors;
        var firstLabel = Grid.IdxY * vectors * width;
        for (long v = Grid.IdxX * Group.DimX + Group.IdxX; v < vectors; v += Grid.DimX * Group.DimX)
        {
            var label = none.LoadLabels<TElement, TLabels>(labels, firstLabel + v * width, tree.Count, ignoreIndex);
            tree.Load(logits, firstLogit + v, vectors, label, 0, int.MaxValue);
            var largest = tree.Largest(none.Broadcast(SmallestLogit));
            var ofLabel = tree.OfLabel(label, none.Broadcast(0f), 0);
            var sum = tree.Exponentiate(largest.Multiply(none.Broadcast(-DeviceMath.Log2OfE)), none.Broadcast(0f));
            tree.Accumulate<TPower>(label, label.WhereCounted(sum.Reciprocal()), 0);
            crossEntropy += CrossEntropy(label, sum, largest, ofLabel, weights);
            invalid += label.CountClass(DeviceLabel.Invalid);
        }

        var stride = new StatisticsLayout(tree.Count).Stride;
        var rows = SharedMemory.Allocate1D<float>(MostWarps * (3 * DeviceKernelTable.MostClassesInRegisters + 2));
        var row = rows.SubView(Warp.WarpIdx * stride, stride);
        tree.WriteSums(row, 0);
        WriteVoxelSums(row, 3 * tree.Count, crossEntropy, invalid);
        Group.Barrier();
        var output = partials.SubView((Grid.IdxY * (long)Grid.DimX + Grid.IdxX) * stride, stride);
        for (var i = Group.IdxX; i < stride; i += Group.DimX)
            output[StatisticsIndex(i, tree.Count)] = SumOfWarps(rows, i, stride);
    }

    /// <summary>
    /// Reduce where the classes do not fit into the registers: block z of the grid sums a chunk of them, after a first look at all of the classes
    /// of a voxel for the largest logit and the sum of the exponentials.
    /// </summary>
    /// <param name="logits">float32 [N, C, V].</param>
    /// <param name="labels">Labels [N, V].</param>
    /// <param name="weights">C class weights.</param>
    /// <param name="partials">Receives [N, blocks, 3·C + 2].</param>
    /// <param name="vectors">V: this kernel takes one voxel at a time.</param>
    /// <param name="ignoreIndex">The label of the voxels that do not count.</param>
    /// <param name="classes">C.</param>
    public static void Chunk<TTree, TElement, TLabels, TPower>(
        ArrayView<OneVoxel> logits, ArrayView<TElement> labels, ArrayView<double> weights, ArrayView<float> partials, long vectors,
        long ignoreIndex, int classes)
        where TTree : struct, IClassTree<OneVoxel>
        where TElement : unmanaged
        where TLabels : struct, IDeviceLabels<TElement>
        where TPower : struct, IProbabilityPower
    {
        var tree = default(TTree);
        var none = default(OneVoxel);
        tree.Clear();
        var crossEntropy = 0f;
        var invalid = 0;
        var first = Grid.IdxZ * tree.Count;
        var firstLogit = Grid.IdxY * (long)classes * vectors;
        var firstLabel = Grid.IdxY * vectors;
        for (long v = Grid.IdxX * Group.DimX + Group.IdxX; v < vectors; v += Grid.DimX * Group.DimX)
        {
            var label = none.LoadLabels<TElement, TLabels>(labels, firstLabel + v, classes, ignoreIndex);
            var softmax = DeviceSoftmax.Over(logits, firstLogit + v, vectors, label, classes);
            var offset = softmax.Largest.Multiply(none.Broadcast(-DeviceMath.Log2OfE));
            tree.Load(logits, firstLogit + first * vectors + v, vectors, label, first, classes);
            tree.Exponentiate(offset, none.Broadcast(0f));
            tree.Accumulate<TPower>(label, label.WhereCounted(softmax.Sum.Reciprocal()), first);
            crossEntropy += CrossEntropy(label, softmax.Sum, softmax.Largest, softmax.OfLabel, weights);
            invalid += label.CountClass(DeviceLabel.Invalid);
        }

        var stride = new StatisticsLayout(tree.Count).Stride;
        var rows = SharedMemory.Allocate1D<float>(MostWarps * (3 * DeviceKernelTable.ChunkClasses + 2));
        var row = rows.SubView(Warp.WarpIdx * stride, stride);
        tree.WriteSums(row, 0);
        WriteVoxelSums(row, 3 * tree.Count, crossEntropy, invalid);
        Group.Barrier();

        var wholeStride = new StatisticsLayout(classes).Stride;
        var output = partials.SubView((Grid.IdxY * (long)Grid.DimX + Grid.IdxX) * wholeStride, wholeStride);
        for (var i = Group.IdxX; i < stride; i += Group.DimX)
        {
            var @class = first + i / 3;
            if (i < 3 * tree.Count && @class < classes)
                output[i % 3 * classes + @class] = SumOfWarps(rows, i, stride);
            else if (i >= 3 * tree.Count && first == 0)
                output[3 * classes + i - 3 * tree.Count] = SumOfWarps(rows, i, stride);
        }
    }

    /// <summary>Σ w·(log Σ exp x - x_y) over the voxels of a thread that count; the weight of the others is 0 and their logits are.</summary>
    private static float CrossEntropy<TVector>(TVector label, TVector sum, TVector largest, TVector ofLabel, ArrayView<double> weights)
        where TVector : unmanaged, IVoxelVector<TVector> =>
        label.Weights(weights).Multiply(sum.Log2().MultiplyAdd(sum.Broadcast(DeviceMath.LogOf2), largest.Subtract(ofLabel))).Sum();

    private static void WriteVoxelSums(ArrayView<float> row, int index, float crossEntropy, int invalid)
    {
        var (ofWarp, invalidOfWarp) = (DeviceMath.WarpSum(crossEntropy), DeviceMath.WarpSum(invalid));
        if (Warp.IsFirstLane)
        {
            row[index] = ofWarp;
            row[index + 1] = invalidOfWarp;
        }
    }

    private static float SumOfWarps(ArrayView<float> rows, int column, int stride)
    {
        var sum = 0f;
        for (var warp = 0; warp < Group.DimX / Warp.WarpSize; warp++)
            sum += rows[warp * stride + column];
        return sum;
    }

    /// <summary>From "I, P, T of each class" to "I of each class, P of each class, T of each class".</summary>
    private static int StatisticsIndex(int index, int classes) =>
        index < 3 * classes ? index % 3 * classes + index / 3 : index;
}
