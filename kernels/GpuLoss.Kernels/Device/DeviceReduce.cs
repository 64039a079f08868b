using GpuLoss.Kernels.Objective;
using ILGPU;
using ILGPU.Util;

namespace GpuLoss.Kernels.Device;

/// <summary>
/// Reduce on the device with all classes in registers: every block reads its share of a sample once and leaves one column of partial sums, in the
/// order of <see cref="StatisticsLayout"/>; the first Score kernel adds the columns up. No atomics: two runs give the same bits. A grid is (blocks,
/// samples).
/// </summary>
/// <remarks>
/// Sums are float32 within a thread for <see cref="Run"/> voxels and double from there on, after a butterfly over a warp. The roundings of a run meet a
/// sum that is still growing: where every voxel holds the same number, so that all threads err alike, they come to 5.1e-7 of the sum at most (32
/// additions of any float32), and where voxels differ they average out over the threads. Without runs it could be 1e-5 at 512^3 voxels. Counts
/// are integers.
/// </remarks>
internal static class DeviceReduce
{
    /// <summary>The most warps a block may have.</summary>
    public const int MostWarps = 8;

    /// <summary>Voxels that a thread adds up in float32.</summary>
    public const int Run = 32;

    private const int WarpThreads = 32;

    /// <summary>
    /// The threads that a block may have: a <see cref="LabelColumn"/> for each class and thread has to fit into 48 KB with the rest.
    /// </summary>
    /// <param name="classes">The classes of the kernel.</param>
    public static int MostThreads(int classes) => classes <= 8 ? MostWarps * WarpThreads : MostWarps / 2 * WarpThreads;

    /// <summary>Reduces.</summary>
    /// <param name="logits">Logits [N, C, V].</param>
    /// <param name="labels">Labels [N, V], as bytes.</param>
    /// <param name="weights">C class weights.</param>
    /// <param name="partials">Receives [N, 3·C + 3, blocks].</param>
    /// <param name="volume">Sizes and strides.</param>
    /// <param name="focalGamma">The power of focal loss; 0 is cross-entropy.</param>
    public static void Kernel<TVector, TTree, TCount, TLogits, TLabels, TPower>(
        TLogits logits, ArrayView<byte> labels, ArrayView<double> weights, ArrayView<double> partials, DeviceVolume volume, float focalGamma)
        where TVector : unmanaged, IVoxelVector<TVector>
        where TTree : struct, IClassTree<TVector>
        where TCount : struct, IClassCount
        where TLogits : struct, ILogitsMemory<TVector>
        where TLabels : struct, IDeviceLabels<TVector>
        where TPower : struct, IProbabilityPower
    {
        var tree = default(TTree);
        var none = default(TVector);
        var (classes, end) = (default(TCount).Of(tree.Count, volume.Classes), default(TCount).End(volume.Classes));
        var stride = new StatisticsLayout(classes).Stride;
        var pairsOfRow = MostThreads(default(TTree).Count) / 2;
        var rows = SharedMemory.Allocate1D<double>(MostWarps * new StatisticsLayout(default(TTree).Count).Stride);
        var weightOf = SharedMemory.Allocate1D<float>(default(TTree).Count + LabelColumn.Others);
        var pairs = SharedMemory.Allocate1D<LabelColumnPair>(
            MostThreads(default(TTree).Count) / 2 * (default(TTree).Count + LabelColumn.Others));
        var columns = pairs.BaseView.Cast<LabelColumn>();
        for (var i = Group.IdxX; i < classes + LabelColumn.Others; i += Group.DimX)
            weightOf[i] = i < classes ? (float)weights[i] * DeviceMath.CrossEntropyScale : 0f;
        columns[classes * 2 * pairsOfRow + Group.IdxX] = default;
        columns[(classes + 1) * 2 * pairsOfRow + Group.IdxX] = default;

        var share = new LabelColumnShare(pairsOfRow, default(TTree).Span);
        var row = rows.SubView(WarpSum.Index * stride, stride);
        for (var i = 0; i < 3 && Warp.LaneIdx < classes; i++)
            row[i * classes + Warp.LaneIdx] = 0;
        if (Warp.IsFirstLane)
            row[3 * classes] = 0;
        var targets = 0;
        var logitsOfSample = Grid.IdxY * volume.Logits.Sample;
        var labelsOfSample = Grid.IdxY * volume.Labels.Sample;
        long step = Grid.DimX * Group.DimX;
        var run = step * (Run / (Interop.SizeOf<TVector>() / sizeof(float)));
        for (long first = Grid.IdxX * Group.DimX; first < volume.Vectors; first += run)
        {
            tree.Clear();
            share.Clear(pairs, classes, default(TTree).Span);
            Group.Barrier();
            var crossEntropy = 0f;
            var last = Math.Min(volume.Vectors, first + run);
            for (var v = first + Group.IdxX; v < last; v += step)
            {
                tree.Load(logits, logitsOfSample + v * volume.Logits.Voxel, volume.Logits.Class, 0, end);
                var label = default(TLabels).Load(labels, labelsOfSample + v * volume.Labels.Voxel, volume);
                if (!label.AllCount())
                    tree.Select(label);
                var largest = tree.Largest(none.Broadcast(DeviceMath.SmallestLogit));
                var ofLabel = tree.OfLabel(label, none.Broadcast(0f), 0);
                var sum = tree.Exponentiate(largest, none.Broadcast(0f));
                var scale = label.WhereCounted(sum.Reciprocal());
                tree.AddPredictions<TPower>(scale);
                var distance = largest.Subtract(ofLabel);
                var probability = distance.Multiply(none.Broadcast(-DeviceMath.Log2OfE)).Exp2().Multiply(scale);
                label.AddToColumns(columns, 2 * pairsOfRow, probability, classes);
                var weight = label.Weights(weightOf, classes);
                if (focalGamma != 0)
                    weight = weight.Multiply(DeviceFocal.Weight(probability, focalGamma));
                crossEntropy += CrossEntropy(weight, sum, distance);
            }

            Group.Barrier();
            var (intersection, target) = share.Sum(pairs, classes, default(TTree).Span);
            var prediction = WarpSum.Across(tree.FoldPredictions(), default(TTree).Span, WarpSum.Lanes);
            var ofWarp = CrossEntropyOfWarp(crossEntropy);
            if (Warp.LaneIdx < classes)
            {
                row[Warp.LaneIdx] += intersection;
                row[classes + Warp.LaneIdx] += prediction;
                row[2 * classes + Warp.LaneIdx] += target;
                targets += target;
            }

            if (Warp.IsFirstLane)
                row[3 * classes] += ofWarp;
        }

        var invalid = WarpSum.Of(columns[LabelColumn.Of(DeviceLabel.Invalid, classes) * 2 * pairsOfRow + Group.IdxX].Target);
        targets = WarpSum.Of(targets);
        if (Warp.IsFirstLane)
        {
            row[3 * classes + 1] = targets;
            row[3 * classes + 2] = invalid;
        }

        Group.Barrier();
        for (var i = Group.IdxX; i < stride; i += Group.DimX)
            partials[(Grid.IdxY * (long)stride + i) * Grid.DimX + Grid.IdxX] = SumOfWarps(rows, i, stride);
    }

    /// <summary>
    /// Σ w·(log Σ exp(x - largest) + distance of the own logit from the largest) over the voxels of a thread that count; the weight of the others is 0 and
    /// their logits are.
    /// </summary>
    internal static float CrossEntropy<TVector>(TVector weights, TVector sum, TVector distance)
        where TVector : unmanaged, IVoxelVector<TVector> =>
        weights.Multiply(sum.Log2().MultiplyAdd(sum.Broadcast(DeviceMath.LogOf2), distance)).Sum();

    /// <summary>
    /// The cross-entropy of a warp, whose weights were scaled. The hardware's logarithm of a number just above 1 may be a little less than 0, which no
    /// cross-entropy is; NaN is neither.
    /// </summary>
    internal static double CrossEntropyOfWarp(float ofThread) =>
        WarpSum.Of(Utilities.Select(ofThread < 0f, 0f, ofThread)) * (1 / (double)DeviceMath.CrossEntropyScale);

    /// <summary>Adds what all lanes of a warp have to its row.</summary>
    internal static void AddOfWarp(ArrayView<double> row, int index, double ofWarp)
    {
        if (Warp.IsFirstLane)
            row[index] += ofWarp;
    }

    /// <summary>Adds up one column of the rows of a block's warps.</summary>
    internal static double SumOfWarps(ArrayView<double> rows, int column, int stride)
    {
        var sum = 0.0;
        for (var warp = 0; warp < Group.DimX / Warp.WarpSize; warp++)
            sum += rows[warp * stride + column];
        return sum;
    }
}
