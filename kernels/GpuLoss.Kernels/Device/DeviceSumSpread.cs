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
    /// <param name="seeds">What is added to the voxel term's coefficient, [N, V]; empty where the pass has no values.</param>
    /// <param name="gradient">Receives [N, C, V].</param>
    /// <param name="volume">Sizes and types.</param>
    public static void Kernel<TVector, TTree, TCount, TActivation, TTerm, TTeam, TLogits, TTargets>(
        TLogits logits, ArrayView<byte> target, ArrayView<byte> mask, ArrayView<double> plan, ArrayView<DeviceCoefficients> coefficients,
        ArrayView<float> seeds, TLogits gradient, DeviceVolume volume)
        where TVector : unmanaged, IVoxelVector<TVector>
        where TTree : struct, IClassTree<TVector>
        where TCount : struct, IClassCount
        where TActivation : struct, ISumActivation
        where TTerm : struct, ISumTerm
        where TTeam : struct, IClassTeam
        where TLogits : struct, ILogitsMemory<TVector>
        where TTargets : struct, ITargetReader<TVector>
    {
        var tree = default(TTree);
        var team = default(TTeam);
        var (leaves, first) = (tree.Count, team.Part * tree.Count);
        var classes = default(TCount).Of(leaves, Math.Min(leaves, volume.Classes - first));
        var end = default(TCount).End(classes);
        var allFactors = SharedMemory.Allocate1D<SumFactors>(default(TTeam).Parts * default(TTree).Count);
        var allCoefficients = SharedMemory.Allocate1D<DeviceCoefficients>(default(TTeam).Parts * default(TTree).Count);
        var factors = allFactors.BaseView.SubView(first, leaves);
        var ofPart = allCoefficients.BaseView.SubView(first, leaves);
        var rules = SumRules.Read(plan, volume);
        for (var i = team.Voxel; i < leaves; i += team.Voxels)
        {
            factors[i] = SumFactors.Of(plan, volume, first + i, 1);
            ofPart[i] = default;
            if (i < classes)
                ofPart[i] = DeviceCoefficients.Of(coefficients[Grid.IdxY * (long)volume.Classes + first + i], rules.HasOverlap);
        }

        Group.Barrier();
        (rules.Factors, rules.Coefficients) = (factors, ofPart);
        long step = Grid.DimX * team.Voxels;
        var zero = TVector.Broadcast(0f);
        for (long turn = Grid.IdxX * team.Voxels + team.Voxel; team.GoesOn(turn, volume.Vectors); turn += step)
        {
            var exists = team.Exists(turn, volume.Vectors);
            var v = exists ? volume.Vectors - 1 - turn : 0;
            var voxels = SumVoxels<TVector>.Load<TTree, TLogits, TTargets>(
                ref tree, logits, target, mask, v, exists, first, end, volume);
            var softmax = SumSoftmax<TVector>.Take<TTree, TActivation, TTeam>(ref tree);
            var seed = voxels.Weights * DeviceValues.Seeds<TVector>(seeds, volume, v);
            tree.Differentiate<TActivation, TTerm>(rules, softmax, voxels.Weights, seed, 0);
            var (mean, rest, terms) = (zero, zero, zero);
            if (default(TActivation).Activation == Activation.Softmax)
            {
                mean = team.Sum(tree.Mean(zero));
                rest = team.Sum(tree.Rest(mean, zero));
                if (default(TTerm).Exists)
                    terms = team.Sum(tree.Terms(zero));
            }

            if (exists)
            {
                tree.Store<TLogits, TActivation>(
                    gradient, gradient.AddressOf(volume.Gradient.At(Grid.IdxY, first, v)), gradient.BytesOf(volume.Gradient.Class),
                    voxels.Labels, mean, rest, terms, 0, end);
            }
        }
    }
}
