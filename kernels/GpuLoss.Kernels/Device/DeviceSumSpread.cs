using GpuLoss.Kernels.Objective;
using ILGPU;

namespace GpuLoss.Kernels.Device;

/// <summary>
/// The gradient of one sum over softmax or sigmoid, see <see cref="DeviceSumReduce"/>: one read and one write. It walks the voxels against
/// the order of Reduce.
/// </summary>
internal static class DeviceSumSpread
{
    /// <summary>Writes the gradient.</summary>
    /// <param name="logits">Logits [N, C, V].</param>
    /// <param name="target">Labels [N, V] or numbers [N, C, V], as bytes.</param>
    /// <param name="mask">Voxel weights [N, V], as bytes; empty where there are none.</param>
    /// <param name="plan">The sum, laid out as <see cref="SumPlan"/> says.</param>
    /// <param name="coefficients">[N, C].</param>
    /// <param name="seeds">Not used: there are no values.</param>
    /// <param name="gradient">Receives [N, C, V].</param>
    /// <param name="volume">Sizes and types.</param>
    public static void Kernel<TTree, TActivation, TTeam, TLogits>(
        TLogits logits, ArrayView<byte> target, ArrayView<byte> mask, ArrayView<double> plan, ArrayView<DeviceCoefficients> coefficients,
        ArrayView<float> seeds, TLogits gradient, DeviceVolume volume)
        where TTree : struct, ISumTree
        where TActivation : struct, ISumActivation
        where TTeam : struct, IClassTeam
        where TLogits : struct, ILogitsMemory<OneVoxel>
    {
        var tree = default(TTree);
        var team = default(TTeam);
        var (leaves, first) = (tree.Count, team.Part * tree.Count);
        var classes = Math.Min(leaves, volume.Classes - first);
        var allFactors = SharedMemory.Allocate1D<SumFactors>(default(TTeam).Parts * default(TTree).Count);
        var allCoefficients = SharedMemory.Allocate1D<DeviceCoefficients>(default(TTeam).Parts * default(TTree).Count);
        var factors = allFactors.BaseView.SubView(first, leaves);
        var ofPart = allCoefficients.BaseView.SubView(first, leaves);
        for (var i = team.Voxel; i < leaves; i += team.Voxels)
        {
            factors[i] = SumRules.FactorsOf(plan, volume, first + i, 1f);
            ofPart[i] = i < classes ? coefficients[Grid.IdxY * (long)volume.Classes + first + i] : default;
        }

        Group.Barrier();
        var rules = SumRules.Read<TActivation>(plan, volume, factors);
        rules.Coefficients = ofPart;
        long step = Grid.DimX * team.Voxels;
        for (long turn = Grid.IdxX * team.Voxels + team.Voxel; team.GoesOn(turn, volume.Vectors); turn += step)
        {
            var voxel = SumVoxel.Load(target, mask, team.Exists(turn, volume.Vectors) ? volume.Vectors - 1 - turn : 0, first, volume);
            tree.Load(logits, voxel, 0, classes);
            var softmax = DeviceSumSoftmax.Take<TTree, TActivation, TTeam>(ref tree);
            tree.Differentiate<TActivation>(rules, softmax, voxel.Voxel.Weight, 0);
            var (mean, rest, terms) = (0f, 0f, 0f);
            if (default(TActivation).Activation == Activation.Softmax)
            {
                var none = default(OneVoxel);
                mean = team.Sum(none.Broadcast(tree.Mean(0f))).Value;
                rest = team.Sum(none.Broadcast(tree.Rest(mean, 0f))).Value;
                terms = team.Sum(none.Broadcast(tree.Terms(0f))).Value;
            }

            if (team.Exists(turn, volume.Vectors))
                tree.Store<TLogits, TActivation>(gradient, voxel, mean, rest, terms, 0, classes);
        }
    }
}
