using GpuLoss.Kernels.Objective;
using ILGPU;
using ILGPU.Util;

namespace GpuLoss.Kernels.Device;

/// <summary>
/// Reduce on the device with all classes in registers: every block reads its share of a sample once and leaves one column of partial sums,
/// in the order of <see cref="StatisticsLayout"/>; the first Score kernel adds the columns up. No atomics: two runs give the same bits. A
/// grid is (blocks, samples).
/// </summary>
/// <remarks>
/// Sums are float32 within a thread for <see cref="Run"/> voxels and double from there on, after a butterfly over a warp. The roundings of
/// a run meet a sum that is still growing: where every voxel holds the same number, so that all threads err alike, they come to 5.1e-7 of
/// the sum at most (32 additions of any float32), and where voxels differ they average out over the threads. Without runs it could be 1e-5
/// at 512^3 voxels. Counts are integers.
/// </remarks>
internal static class DeviceReduce
{
    /// <summary>The most warps a block may have.</summary>
    public const int MostWarps = 8;

    /// <summary>Voxels that a thread adds up in float32.</summary>
    public const int Run = 32;

    /// <summary>
    /// The voxels that a block may have at a time: a <see cref="LabelColumn"/> for each of them and each class has to fit into 48 KB with
    /// the rest.
    /// </summary>
    /// <param name="leaves">The classes of a thread.</param>
    /// <param name="parts">The threads that share the classes of a voxel.</param>
    public static int MostVoxels(int leaves, int parts) =>
        parts > 1 ? WarpSum.Lanes : leaves <= 8 ? MostWarps * WarpSum.Lanes : MostWarps / 2 * WarpSum.Lanes;

    private static int WarpsOf(int parts) => parts > 1 ? parts : MostWarps;

    /// <summary>Reduces.</summary>
    /// <param name="logits">Logits [N, C, V].</param>
    /// <param name="labels">Labels [N, V], as bytes.</param>
    /// <param name="mask">Not used: all voxels weigh the same.</param>
    /// <param name="plan">The sum, laid out as <see cref="SumPlan"/> says.</param>
    /// <param name="partials">Receives [N, 3·C + 3, blocks].</param>
    /// <param name="values">Not used: a pass with values has another form.</param>
    /// <param name="volume">Sizes and strides.</param>
    public static void Kernel<TVector, TTree, TCount, TTeam, TLogits, TLabels, TPower>(
        TLogits logits, ArrayView<byte> labels, ArrayView<byte> mask, ArrayView<double> plan, ArrayView<double> partials,
        ArrayView<float> values, DeviceVolume volume)
        where TVector : unmanaged, IVoxelVector<TVector>
        where TTree : struct, IClassTree<TVector>
        where TCount : struct, IClassCount
        where TTeam : struct, IClassTeam
        where TLogits : struct, ILogitsMemory<TVector>
        where TLabels : struct, IDeviceLabels<TVector>
        where TPower : struct, IProbabilityPower
    {
        var tree = default(TTree);
        var team = default(TTeam);
        var leaves = tree.Count;
        var (columns, stride) = (leaves + LabelColumn.Others, new StatisticsLayout(leaves).Stride);
        var (all, first) = (default(TCount).Of(leaves, volume.Classes), team.Part * leaves);
        var classes = default(TCount).Of(leaves, Math.Min(leaves, volume.Classes - first));
        var end = default(TCount).End(classes);

        // Of each part: the columns of its classes, a row for each of its warps, the weights of its classes.
        var pairsOfRow = MostVoxels(default(TTree).Count, default(TTeam).Parts) / 2;
        var allPairs = SharedMemory.Allocate1D<LabelColumnPair>(
            MostVoxels(default(TTree).Count, default(TTeam).Parts) / 2 * default(TTeam)
                .Parts * (default(TTree).Count + LabelColumn.Others));
        var rows = SharedMemory.Allocate1D<double>(WarpsOf(default(TTeam).Parts) * new StatisticsLayout(default(TTree).Count).Stride);
        var allWeights = SharedMemory.Allocate1D<float>(default(TTeam).Parts * (default(TTree).Count + LabelColumn.Others));
        var pairs = allPairs.BaseView.SubView(team.Part * columns * pairsOfRow, columns * pairsOfRow);
        var columnOf = pairs.Cast<LabelColumn>();
        var weightOf = allWeights.BaseView.SubView(team.Part * columns, columns);
        var row = rows.BaseView.SubView(WarpSum.Index * stride, stride);
        var layout = new SumPlan(volume.Classes);
        var focalGamma = (float)plan[layout.Gamma(0)];
        for (var i = team.Voxel; i < columns; i += team.Voxels)
            weightOf[i] = i < classes ? (float)plan[layout.Positive(0, first + i)] * DeviceMath.TermScale : 0f;
        columnOf[leaves * 2 * pairsOfRow + team.Voxel] = default;
        columnOf[(leaves + 1) * 2 * pairsOfRow + team.Voxel] = default;
        for (var i = 0; i < 3 && Warp.LaneIdx < classes; i++)
            row[i * leaves + Warp.LaneIdx] = 0;
        if (Warp.IsFirstLane)
            row[3 * leaves] = 0;

        var share = new LabelColumnShare(team.Voxel - Warp.LaneIdx, pairsOfRow, default(TTree).Span);
        var targets = 0;
        var logitsOfPart = volume.Logits.At(Grid.IdxY, first, 0);
        var labelsOfSample = Grid.IdxY * volume.Target.Sample;
        long step = Grid.DimX * team.Voxels;
        var run = step * (Run / (Interop.SizeOf<TVector>() / sizeof(float)));
        for (long begin = Grid.IdxX * team.Voxels; begin < volume.Vectors; begin += run)
        {
            tree.Clear();
            share.Clear(pairs, classes, default(TTree).Span);
            Group.Barrier();
            var crossEntropy = 0f;
            var last = Math.Min(volume.Vectors, begin + run);
            for (var turn = begin + team.Voxel; team.GoesOn(turn, last); turn += step)
            {
                var v = team.Exists(turn, last) ? turn : last - 1;
                tree.Load(
                    logits, logits.AddressOf(logitsOfPart + v * volume.Logits.Voxel), logits.BytesOf(volume.Logits.Class), 0, end);
                var label = default(TLabels).Load(labels, labelsOfSample + v * volume.Target.Voxel, volume);
                if (default(TTeam).Parts > 1)
                    label = label.InPart(team.Exists(turn, last), first, leaves);
                if (!label.AllCount())
                    tree.Select(label);
                var largest = team.Max(tree.Largest(TVector.Broadcast(DeviceMath.SmallestLogit)));
                var ofLabel = tree.OfLabel(label, TVector.Broadcast(0f), 0);
                var sum = team.Sum(tree.Exponentiate(largest, TVector.Broadcast(0f)));
                var scale = label.WhereCounted(TVector.Reciprocal(sum));
                tree.AddPredictions<TPower>(scale);
                var distance = largest - ofLabel;
                var probability = TVector.Exp2(distance * TVector.Broadcast(-DeviceMath.Log2OfE)) * scale;
                label.AddToColumns(columnOf, team.Voxel, 2 * pairsOfRow, probability, leaves);
                var weight = label.Weights(weightOf, leaves);
                if (focalGamma != 0)
                    weight *= DeviceFocal.Weight(probability, focalGamma);
                crossEntropy += SumOfTerms(weight, sum, distance);
            }

            Group.Barrier();
            var (intersection, target) = share.Sum(pairs, classes, default(TTree).Span);
            var prediction = WarpSum.Across(tree.Fold(ClassSum.Prediction), default(TTree).Span, WarpSum.Lanes);
            var ofWarp = TermOfWarp(crossEntropy);
            if (Warp.LaneIdx < classes)
            {
                row[Warp.LaneIdx] += intersection;
                row[leaves + Warp.LaneIdx] += prediction;
                row[2 * leaves + Warp.LaneIdx] += target;
                targets += target;
            }

            if (Warp.IsFirstLane)
                row[3 * leaves] += ofWarp;
        }

        var invalid = WarpSum.Of(columnOf[LabelColumn.Of(DeviceLabel.Invalid, leaves) * 2 * pairsOfRow + team.Voxel].Target);
        targets = WarpSum.Of(targets);
        if (Warp.IsFirstLane)
        {
            row[3 * leaves + 1] = targets;
            row[3 * leaves + 2] = invalid;
        }

        Group.Barrier();
        var strideOfAll = new StatisticsLayout(all).Stride;
        for (var i = Group.IdxX; i < strideOfAll; i += Group.DimX)
            partials[(Grid.IdxY * (long)strideOfAll + i) * Grid.DimX + Grid.IdxX] = SumOfBlock<TTeam>(rows, i, all, leaves);
    }

    /// <summary>One of the statistics of a block: of a class those of all warps that have it, of the voxels those of all warps.</summary>
    internal static double SumOfBlock<TTeam>(ArrayView<double> rows, int index, int classes, int leaves)
        where TTeam : struct, IClassTeam
    {
        var kind = Math.Min(3, index / classes);
        var @class = index - kind * classes;
        var stride = new StatisticsLayout(leaves).Stride;
        if (default(TTeam).Parts == 1 || kind == 3)
            return SumOfWarps(rows, kind * leaves + @class, stride);
        return rows[@class / leaves * stride + kind * leaves + @class % leaves];
    }

    /// <summary>
    /// Σ w·(log Σ exp(x - largest) + distance of the own logit from the largest) over the voxels of a thread that count; the weight of the
    /// others is 0 and their logits are.
    /// </summary>
    internal static float SumOfTerms<TVector>(TVector weights, TVector sum, TVector distance)
        where TVector : unmanaged, IVoxelVector<TVector> =>
        (weights * TVector.MultiplyAdd(TVector.Log2(sum), TVector.Broadcast(DeviceMath.LogOf2), distance)).Sum();

    /// <summary>
    /// The cross-entropy of a warp, whose weights were scaled. The hardware's logarithm of a number just above 1 may be a little less than
    /// 0, which no cross-entropy is; NaN is neither.
    /// </summary>
    internal static double TermOfWarp(float ofThread) =>
        WarpSum.Of(Utilities.Select(ofThread < 0f, 0f, ofThread)) * (1 / (double)DeviceMath.TermScale);

    /// <summary>Adds up one column of the rows of a block's warps.</summary>
    internal static double SumOfWarps(ArrayView<double> rows, int column, int stride)
    {
        var sum = 0.0;
        for (var warp = 0; warp < Group.DimX / Warp.WarpSize; warp++)
            sum += rows[warp * stride + column];
        return sum;
    }
}
