using GpuLoss.Kernels.Objective;
using ILGPU;

namespace GpuLoss.Kernels.Device;

/// <summary>
/// Reduce on the device with all classes in registers: every block reads its share of a sample once and leaves one column of partial sums, in the
/// order of <see cref="StatisticsLayout"/>; the first Score kernel adds the columns up. No atomics: two runs give the same bits. A grid is (blocks,
/// samples).
/// </summary>
/// <remarks>
/// Sums are float32 within a thread for <see cref="Run"/> vectors and double from there on. A run is that many additions, preceded by a tree over the
/// voxels of a vector and followed by a butterfly over a warp: 24 roundings of 2^-24 at the very most, which meet a sum that is still growing and go
/// both ways. Even where every voxel holds the same number, so that all threads err alike, it comes to less than 5e-7 of the sum; without
/// runs it could be 1e-5 at 512^3 voxels.
/// </remarks>
public static class DeviceReduce
{
    /// <summary>The most warps a block may have.</summary>
    public const int MostWarps = 8;

    /// <summary>Vectors that a thread adds up in float32.</summary>
    public const int Run = 16;

    private const int MostColumns = 3 * DeviceKernelTable.MostClassesInRegisters + 2;

    /// <summary>Reduces.</summary>
    /// <param name="logits">Logits [N, C, V].</param>
    /// <param name="labels">Labels [N, V], as bytes.</param>
    /// <param name="weights">C class weights.</param>
    /// <param name="partials">Receives [N, 3·C + 2, blocks].</param>
    /// <param name="volume">Sizes and strides.</param>
    public static void Kernel<TVector, TTree, TLogits, TLabels, TPower>(
        TLogits logits, ArrayView<byte> labels, ArrayView<double> weights, ArrayView<double> partials, DeviceVolume volume)
        where TVector : unmanaged, IVoxelVector<TVector>
        where TTree : struct, IClassTree<TVector>
        where TLogits : struct, ILogitsMemory<TVector>
        where TLabels : struct, IDeviceLabels<TVector>
        where TPower : struct, IProbabilityPower
    {
        var tree = default(TTree);
        var none = default(TVector);
        var stride = new StatisticsLayout(tree.Count).Stride;
        var rows = SharedMemory.Allocate1D<double>(MostWarps * MostColumns);
        var weightOf = SharedMemory.Allocate1D<float>(DeviceKernelTable.MostClassesInRegisters);
        for (var i = Group.IdxX; i < MostWarps * stride; i += Group.DimX)
            rows[i] = 0;
        for (var i = Group.IdxX; i < tree.Count; i += Group.DimX)
            weightOf[i] = (float)weights[i];
        Group.Barrier();

        var row = rows.SubView(Warp.WarpIdx * stride, stride);
        var logitsOfSample = Grid.IdxY * volume.Logits.Sample;
        var labelsOfSample = Grid.IdxY * volume.Labels.Sample;
        long step = Grid.DimX * Group.DimX;
        for (long first = Grid.IdxX * Group.DimX; first < volume.Vectors; first += Run * step)
        {
            tree.Clear();
            var crossEntropy = 0f;
            var invalid = 0;
            var end = Math.Min(volume.Vectors, first + Run * step);
            for (var v = first + Group.IdxX; v < end; v += step)
            {
                tree.Load(logits, logitsOfSample + v * volume.Logits.Voxel, volume.Logits.Class, 0, int.MaxValue);
                var label = default(TLabels).Load(labels, labelsOfSample + v * volume.Labels.Voxel, volume);
                tree.Select(label);
                var largest = tree.Largest(none.Broadcast(DeviceMath.SmallestLogit));
                var ofLabel = tree.OfLabel(label, none.Broadcast(0f), 0);
                var offset = largest.Multiply(none.Broadcast(-DeviceMath.Log2OfE));
                var sum = tree.Exponentiate(offset, none.Broadcast(0f));
                tree.Accumulate<TPower>(label, label.WhereCounted(sum.Reciprocal()), 0);
                crossEntropy += CrossEntropy(label.Weights(weightOf), sum, largest, offset, ofLabel);
                invalid += label.CountClass(DeviceLabel.Invalid);
            }

            tree.AddSums(row, 0);
            AddVoxelSums(row, 3 * tree.Count, crossEntropy, invalid);
        }

        Group.Barrier();
        for (var i = Group.IdxX; i < stride; i += Group.DimX)
        {
            var column = i < 3 * tree.Count ? i % 3 * tree.Count + i / 3 : i;
            partials[(Grid.IdxY * (long)stride + column) * Grid.DimX + Grid.IdxX] = SumOfWarps(rows, i, stride);
        }
    }

    /// <summary>
    /// Σ w·(log Σ exp x - x_y) over the voxels of a thread that count; the weight of the others is 0 and their logits are.
    /// </summary>
    /// <remarks>The offset is -largest·log2(e), rounded. What the rounding took away is the same in all exponentials and comes off here.</remarks>
    internal static float CrossEntropy<TVector>(TVector weights, TVector sum, TVector largest, TVector offset, TVector ofLabel)
        where TVector : unmanaged, IVoxelVector<TVector>
    {
        var rounding = largest.MultiplyAdd(sum.Broadcast(DeviceMath.Log2OfE), offset);
        var logOfSum = sum.Log2().Subtract(rounding).MultiplyAdd(sum.Broadcast(DeviceMath.LogOf2), largest.Subtract(ofLabel));
        return weights.Multiply(logOfSum).Sum();
    }

    /// <summary>Adds a warp's cross-entropy and invalid labels to its row.</summary>
    internal static void AddVoxelSums(ArrayView<double> row, int index, float crossEntropy, int invalid)
    {
        var (ofWarp, invalidOfWarp) = (DeviceMath.WarpSum(crossEntropy), DeviceMath.WarpSum(invalid));
        if (Warp.IsFirstLane)
        {
            row[index] += ofWarp;
            row[index + 1] += invalidOfWarp;
        }
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
