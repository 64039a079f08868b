using GpuLoss.Kernels.Objective;
using ILGPU;

namespace GpuLoss.Kernels.Device;

/// <summary>
/// Reduce of one sum over softmax or sigmoid whatever the target, the voxel weights and the voxel term are, with all classes in registers,
/// those of a thread or of a team: one read. The grid and the precision are those of <see cref="DeviceReduce"/>.
/// </summary>
internal static class DeviceSumReduce
{
    /// <summary>The most warps of a block that do not share their classes.</summary>
    private const int MostWarps = 4;

    /// <summary>Reduces.</summary>
    /// <param name="logits">Logits [N, C, V].</param>
    /// <param name="target">Labels [N, V] or numbers [N, C, V], as bytes.</param>
    /// <param name="mask">Voxel weights [N, V], as bytes; empty where there are none.</param>
    /// <param name="plan">The sum, laid out as <see cref="SumPlan"/> says.</param>
    /// <param name="partials">Receives [N, 3·C + 3, blocks].</param>
    /// <param name="values">Receives the voxel term of each voxel, [N, V]; empty where the pass has no values.</param>
    /// <param name="volume">Sizes and types.</param>
    public static void Kernel<TVector, TTree, TCount, TActivation, TTerm, TPower, TTeam, TLogits, TTargets>(
        TLogits logits, ArrayView<byte> target, ArrayView<byte> mask, ArrayView<double> plan, ArrayView<double> partials,
        ArrayView<float> values, DeviceVolume volume)
        where TVector : unmanaged, IVoxelVector<TVector>
        where TTree : struct, IClassTree<TVector>
        where TCount : struct, IClassCount
        where TActivation : struct, ISumActivation
        where TTerm : struct, ISumTerm
        where TPower : struct, IProbabilityPower
        where TTeam : struct, IClassTeam
        where TLogits : struct, ILogitsMemory<TVector>
        where TTargets : struct, ITargetReader<TVector>
    {
        var tree = default(TTree);
        var team = default(TTeam);
        var (leaves, first) = (tree.Count, team.Part * tree.Count);
        var classes = default(TCount).Of(leaves, Math.Min(leaves, volume.Classes - first));
        var end = default(TCount).End(classes);
        var stride = new StatisticsLayout(leaves).Stride;
        var allFactors = SharedMemory.Allocate1D<SumFactors>(default(TTeam).Parts * default(TTree).Count);
        var rows = SharedMemory.Allocate1D<double>(WarpsOf(default(TTeam).Parts) * new StatisticsLayout(default(TTree).Count).Stride);
        var factors = allFactors.BaseView.SubView(first, leaves);
        var row = rows.BaseView.SubView(WarpSum.Index * stride, stride);
        for (var i = team.Voxel; i < leaves; i += team.Voxels)
            factors[i] = SumFactors.Of(plan, volume, first + i, DeviceMath.TermScale);
        for (var i = 0; i < 3 && Warp.LaneIdx < leaves; i++)
            row[i * leaves + Warp.LaneIdx] = 0;
        for (var i = 3 * leaves; i < stride && Warp.IsFirstLane; i++)
            row[i] = 0;
        Group.Barrier();

        var rules = SumRules.Read(plan, volume);
        rules.Factors = factors;
        long step = Grid.DimX * team.Voxels;
        var run = step * (DeviceReduce.Run / (Interop.SizeOf<TVector>() / sizeof(float)));
        for (long begin = Grid.IdxX * team.Voxels; begin < volume.Vectors; begin += run)
        {
            tree.Clear();
            var (term, weight, invalid) = (0f, 0f, 0);
            var last = Math.Min(volume.Vectors, begin + run);
            for (var turn = begin + team.Voxel; team.GoesOn(turn, last); turn += step)
            {
                var exists = team.Exists(turn, last);
                var voxels = SumVoxels<TVector>.Load<TTree, TLogits, TTargets>(
                    ref tree, logits, target, mask, exists ? turn : last - 1, exists, first, end, volume);
                var softmax = SumSoftmax<TVector>.Take<TTree, TActivation, TTeam>(ref tree);
                var ofVoxels = tree.Accumulate<TActivation, TTerm, TPower>(rules, softmax, voxels.Weights, TVector.Broadcast(0f), 0);
                term = voxels.Weights.Dot(ofVoxels, term);
                DeviceValues.Store<TVector, TTeam>(values, volume, turn, exists, voxels.Weights * ofVoxels);
                invalid += voxels.Invalid;
                weight += first == 0 ? voxels.Weights.Sum() : 0f;
            }

            var intersection = WarpSum.Across(tree.Fold(ClassSum.Intersection), default(TTree).Span, WarpSum.Lanes);
            var prediction = WarpSum.Across(tree.Fold(ClassSum.Prediction), default(TTree).Span, WarpSum.Lanes);
            var extent = WarpSum.Across(tree.Fold(ClassSum.Target), default(TTree).Span, WarpSum.Lanes);
            var (termOfWarp, weightOfWarp, invalidOfWarp) = (DeviceReduce.TermOfWarp(term), WarpSum.Of(weight), WarpSum.Of(invalid));
            if (Warp.LaneIdx < leaves)
            {
                if (rules.HasOverlap)
                {
                    row[Warp.LaneIdx] += intersection;
                    row[leaves + Warp.LaneIdx] += prediction;
                }

                row[2 * leaves + Warp.LaneIdx] += extent;
            }

            if (Warp.IsFirstLane)
            {
                row[3 * leaves] += termOfWarp;
                row[3 * leaves + 1] += weightOfWarp;
                row[3 * leaves + 2] += invalidOfWarp;
            }
        }

        Group.Barrier();
        var strideOfAll = new StatisticsLayout(volume.Classes).Stride;
        for (var i = Group.IdxX; i < strideOfAll; i += Group.DimX)
            partials[(Grid.IdxY * (long)strideOfAll + i) * Grid.DimX + Grid.IdxX] =
                DeviceReduce.SumOfBlock<TTeam>(rows, i, volume.Classes, leaves);
    }

    private static int WarpsOf(int parts) => parts > 1 ? parts : MostWarps;
}
