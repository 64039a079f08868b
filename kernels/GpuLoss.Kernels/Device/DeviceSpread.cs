using GpuLoss.Kernels.Objective;
using ILGPU;

namespace GpuLoss.Kernels.Device;

/// <summary>
/// Spread on the device with all classes in registers: a second read of logits and labels and one write of the gradient. It walks the
/// voxels against the order of Reduce, whose last reads are still in the level-2 cache. A grid is (blocks, samples).
/// </summary>
internal static class DeviceSpread
{
    /// <summary>Writes the gradient.</summary>
    /// <param name="logits">Logits [N, C, V].</param>
    /// <param name="labels">Labels [N, V], as bytes.</param>
    /// <param name="mask">Not used: all voxels weigh the same.</param>
    /// <param name="plan">The sum, laid out as <see cref="SumPlan"/> says.</param>
    /// <param name="coefficients">[N, C].</param>
    /// <param name="seeds">Not used: a pass with values has another form.</param>
    /// <param name="gradient">Receives [N, C, V].</param>
    /// <param name="volume">Sizes and strides.</param>
    public static void Kernel<TVector, TTree, TCount, TTeam, TLogits, TLabels>(
        TLogits logits, ArrayView<byte> labels, ArrayView<byte> mask, ArrayView<double> plan,
        ArrayView<DeviceCoefficients> coefficients, ArrayView<float> seeds, TLogits gradient, DeviceVolume volume)
        where TVector : unmanaged, IVoxelVector<TVector>
        where TTree : struct, IClassTree<TVector>
        where TCount : struct, IClassCount
        where TTeam : struct, IClassTeam
        where TLogits : struct, ILogitsMemory<TVector>
        where TLabels : struct, IDeviceLabels<TVector>
    {
        var tree = default(TTree);
        var team = default(TTeam);
        var leaves = tree.Count;
        var (all, first) = (default(TCount).Of(leaves, volume.Classes), team.Part * leaves);
        var end = default(TCount).End(Math.Min(leaves, volume.Classes - first));
        var ofSample = SharedMemory.Allocate1D<DeviceCoefficients>(default(TTeam).Parts * default(TTree).Count);
        var layout = new SumPlan(volume.Classes);
        var focalGamma = (float)plan[layout.Gamma(0)];
        for (var i = Group.IdxX; i < all; i += Group.DimX)
            ofSample[i] = DeviceCoefficients.Of(coefficients[Grid.IdxY * (long)all + i], plan[layout.Positive(0, i)]);
        Group.Barrier();

        var ofPart = ofSample.BaseView.SubView(first, leaves);
        var logitsOfPart = volume.Logits.At(Grid.IdxY, first, 0);
        var labelsOfSample = Grid.IdxY * volume.Target.Sample;
        var gradientOfPart = volume.Gradient.At(Grid.IdxY, first, 0);
        long step = Grid.DimX * team.Voxels;
        for (long turn = Grid.IdxX * team.Voxels + team.Voxel; team.GoesOn(turn, volume.Vectors); turn += step)
        {
            var v = team.Exists(turn, volume.Vectors) ? volume.Vectors - 1 - turn : 0;
            tree.Load(logits, logits.AddressOf(logitsOfPart + v * volume.Logits.Voxel), logits.BytesOf(volume.Logits.Class), 0, end);
            var label = default(TLabels).Load(labels, labelsOfSample + v * volume.Target.Voxel, volume);
            var own = default(TTeam).Parts > 1 ? label.InPart(exists: true, first, leaves) : label;
            var largest = team.Max(tree.Largest(TVector.Broadcast(DeviceMath.SmallestLogit)));
            var sum = team.Sum(tree.Exponentiate(largest, TVector.Broadcast(0f)));
            tree.Scale(TVector.Reciprocal(sum));
            var mean = team.Sum(tree.Mean(own, ofPart, TVector.Broadcast(0f), 0, end));
            var rest = team.Sum(tree.Rest(own, ofPart, mean, TVector.Broadcast(0f), 0, end));
            var crossEntropy = label.VoxelTerm(ofSample);

            // With γ = 0 the factor is 1. Across a branch the coefficients of many classes would not fit into the registers.
            if (default(TCount).IsPadded || focalGamma != 0)
                crossEntropy *= DeviceFocal.Slope(team.Sum(tree.OfLabel(own, TVector.Broadcast(0f), 0)), focalGamma);
            if (team.Exists(turn, volume.Vectors))
            {
                tree.Store(
                    gradient, gradient.AddressOf(gradientOfPart + v * volume.Gradient.Voxel), gradient.BytesOf(volume.Gradient.Class), own,
                    ofPart, mean, crossEntropy - rest, crossEntropy, 0, end);
            }
        }
    }
}
