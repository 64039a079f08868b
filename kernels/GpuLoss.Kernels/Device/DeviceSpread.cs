using GpuLoss.Kernels.Objective;
using ILGPU;

namespace GpuLoss.Kernels.Device;

/// <summary>
/// Spread on the device with all classes in registers: a second read of logits and labels and one write of the gradient. It walks the voxels against
/// the order of Reduce, whose last reads are still in the level-2 cache. A grid is (blocks, samples).
/// </summary>
internal static class DeviceSpread
{
    /// <summary>Writes the gradient.</summary>
    /// <param name="logits">Logits [N, C, V].</param>
    /// <param name="labels">Labels [N, V], as bytes.</param>
    /// <param name="coefficients">[N, C].</param>
    /// <param name="factors">[C], those of the voxel term in the voxels of each class.</param>
    /// <param name="gradient">Receives [N, C, V].</param>
    /// <param name="volume">Sizes and strides.</param>
    /// <param name="focalGamma">The power of focal loss; 0 is cross-entropy.</param>
    public static void Kernel<TVector, TTree, TCount, TLogits, TLabels>(
        TLogits logits, ArrayView<byte> labels, ArrayView<DeviceCoefficients> coefficients, ArrayView<double> factors, TLogits gradient, DeviceVolume volume,
        float focalGamma)
        where TVector : unmanaged, IVoxelVector<TVector>
        where TTree : struct, IClassTree<TVector>
        where TCount : struct, IClassCount
        where TLogits : struct, ILogitsMemory<TVector>
        where TLabels : struct, IDeviceLabels<TVector>
    {
        var tree = default(TTree);
        var none = default(TVector);
        var (classes, end) = (default(TCount).Of(tree.Count, volume.Classes), default(TCount).End(volume.Classes));
        var ofSample = SharedMemory.Allocate1D<DeviceCoefficients>(default(TTree).Count);
        for (var i = Group.IdxX; i < classes; i += Group.DimX)
            ofSample[i] = coefficients[Grid.IdxY * (long)classes + i].With(factors[i]);
        Group.Barrier();

        var logitsOfSample = Grid.IdxY * volume.Logits.Sample;
        var labelsOfSample = Grid.IdxY * volume.Labels.Sample;
        var gradientOfSample = Grid.IdxY * volume.Gradient.Sample;
        long step = Grid.DimX * Group.DimX;
        for (var v = volume.Vectors - 1 - (Grid.IdxX * Group.DimX + Group.IdxX); v >= 0; v -= step)
        {
            tree.Load(logits, logitsOfSample + v * volume.Logits.Voxel, volume.Logits.Class, 0, end);
            var label = default(TLabels).Load(labels, labelsOfSample + v * volume.Labels.Voxel, volume);
            var largest = tree.Largest(none.Broadcast(DeviceMath.SmallestLogit));
            var sum = tree.Exponentiate(largest, none.Broadcast(0f));
            tree.Scale(sum.Reciprocal());
            var mean = tree.Mean(label, ofSample, none.Broadcast(0f), 0, end);
            var rest = tree.Rest(label, ofSample, mean, none.Broadcast(0f), 0, end);
            var crossEntropy = label.CrossEntropy(ofSample);

            // With γ = 0 the factor is 1. Across a branch the coefficients of many classes would not fit into the registers.
            if (default(TCount).IsPadded || focalGamma != 0)
                crossEntropy = crossEntropy.Multiply(DeviceFocal.Slope(tree.OfLabel(label, none.Broadcast(0f), 0), focalGamma));
            tree.Store(
                gradient, gradientOfSample + v * volume.Gradient.Voxel, volume.Gradient.Class, label, ofSample, mean,
                crossEntropy.Subtract(rest), crossEntropy, 0, end);
        }
    }

    /// <summary>
    /// Spread where the classes do not fit into the registers: one voxel at a time, whose logits are read again, a chunk at a time, for each of four
    /// steps.
    /// </summary>
    /// <param name="logits">Logits [N, C, V].</param>
    /// <param name="labels">Labels [N, V], as bytes.</param>
    /// <param name="coefficients">[N, C].</param>
    /// <param name="factors">[C], those of the voxel term in the voxels of each class.</param>
    /// <param name="gradient">Receives [N, C, V].</param>
    /// <param name="volume">Sizes and strides.</param>
    /// <param name="focalGamma">The power of focal loss; 0 is cross-entropy.</param>
    public static void Chunked<TTree, TLogits, TLabels>(
        TLogits logits, ArrayView<byte> labels, ArrayView<DeviceCoefficients> coefficients, ArrayView<double> factors, TLogits gradient, DeviceVolume volume,
        float focalGamma)
        where TTree : struct, IClassTree<OneVoxel>
        where TLogits : struct, ILogitsMemory<OneVoxel>
        where TLabels : struct, IDeviceLabels<OneVoxel>
    {
        const int chunkClasses = DeviceKernelTable.ChunkClasses;
        var none = default(OneVoxel);
        var classes = volume.Classes;
        var ofSample = coefficients.SubView(Grid.IdxY * (long)classes, classes);
        long step = Grid.DimX * Group.DimX;
        for (var v = volume.Vectors - 1 - (Grid.IdxX * Group.DimX + Group.IdxX); v >= 0; v -= step)
        {
            var label = default(TLabels).Load(labels, Grid.IdxY * volume.Labels.Sample + v * volume.Labels.Voxel, volume);
            var offset = Grid.IdxY * volume.Logits.Sample + v * volume.Logits.Voxel;
            var softmax = DeviceSoftmax.Over<TTree, TLogits>(logits, offset, label, volume);
            var (mean, rest) = (none.Broadcast(0f), none.Broadcast(0f));
            for (var chunk = 0; chunk < classes; chunk += chunkClasses)
            {
                var tree = softmax.Probabilities<TTree, TLogits>(logits, offset, label, chunk, volume);
                mean = tree.Mean(label, ofSample, mean, chunk, classes);
            }

            for (var chunk = 0; chunk < classes; chunk += chunkClasses)
            {
                var tree = softmax.Probabilities<TTree, TLogits>(logits, offset, label, chunk, volume);
                rest = tree.Rest(label, ofSample, mean, rest, chunk, classes);
            }

            var crossEntropy = label.CrossEntropy(ofSample).Multiply(label.Factors(factors));
            if (focalGamma != 0)
                crossEntropy = crossEntropy.Multiply(DeviceFocal.Slope(softmax.ProbabilityOfLabel, focalGamma));
            var gradientOffset = Grid.IdxY * volume.Gradient.Sample + v * volume.Gradient.Voxel;
            for (var chunk = 0; chunk < classes; chunk += chunkClasses)
            {
                var tree = softmax.Probabilities<TTree, TLogits>(logits, offset, label, chunk, volume);
                tree.Store(
                    gradient, gradientOffset + chunk * volume.Gradient.Class, volume.Gradient.Class, label, ofSample, mean,
                    crossEntropy.Subtract(rest), crossEntropy, chunk, classes);
            }
        }
    }
}
