using System.Runtime.InteropServices;
using GpuLoss.Kernels.Objective;
using ILGPU;

namespace GpuLoss.Kernels.Device;

/// <summary>
/// Reduce where the classes do not fit into the registers, one voxel per thread and turn. A block goes over its share in tiles of
/// 16 voxels per thread: first the softmax of every voxel, kept in shared memory, then the sums of one chunk of classes
/// after another. The logits are read twice, whatever C is. The grid and the precision are those of <see cref="DeviceReduce"/>.
/// </summary>
internal static class DeviceChunkedReduce
{
    /// <summary>The most threads of a block: a tile's softmax takes 12 bytes per voxel, 24 KB of shared memory in all.</summary>
    public const int MostThreads = 128;

    /// <summary>Voxels of a thread in a tile, added up in float32.</summary>
    private const int Run = 16;

    private const int WarpThreads = 32;
    private const int ChunkColumns = 3 * DeviceKernelTable.ChunkClasses + 3;

    /// <summary>Reduces.</summary>
    /// <param name="logits">Logits [N, C, V].</param>
    /// <param name="labels">Labels [N, V], as bytes.</param>
    /// <param name="weights">C class weights.</param>
    /// <param name="partials">Receives [N, 3·C + 3, blocks].</param>
    /// <param name="volume">Sizes and strides.</param>
    /// <param name="focalGamma">The power of focal loss; 0 is cross-entropy.</param>
    public static void Kernel<TTree, TLogits, TLabels, TPower>(
        TLogits logits, ArrayView<byte> labels, ArrayView<double> weights, ArrayView<double> partials, DeviceVolume volume,
        float focalGamma)
        where TTree : struct, IClassTree<OneVoxel>
        where TLogits : struct, ILogitsMemory<OneVoxel>
        where TLabels : struct, IDeviceLabels<OneVoxel>
        where TPower : struct, IProbabilityPower
    {
        var tree = default(TTree);
        var none = default(OneVoxel);
        var softmaxes = SharedMemory.Allocate1D<VoxelSoftmax>(MostThreads * Run);
        var rows = SharedMemory.Allocate1D<double>(MostThreads / WarpThreads * ChunkColumns);
        var row = rows.SubView(Warp.WarpIdx * ChunkColumns, ChunkColumns);
        var logitsOfSample = Grid.IdxY * volume.Logits.Sample;
        var labelsOfSample = Grid.IdxY * volume.Labels.Sample;
        var output = (Grid.IdxY * (long)new StatisticsLayout(volume.Classes).Stride * Grid.DimX) + Grid.IdxX;
        var tile = Run * Group.DimX;
        for (var i = Group.IdxX; i < new StatisticsLayout(volume.Classes).Stride; i += Group.DimX)
            partials[output + i * (long)Grid.DimX] = 0;

        for (var first = (long)Grid.IdxX * tile; first < volume.Vectors; first += Grid.DimX * (long)tile)
        {
            var end = (int)Math.Min(tile, volume.Vectors - first);
            var crossEntropy = 0f;
            var (voxels, invalid) = (0, 0);
            for (var i = Group.IdxX; i < end; i += Group.DimX)
            {
                var v = first + i;
                var label = default(TLabels).Load(labels, labelsOfSample + v * volume.Labels.Voxel, volume);
                var softmax = DeviceSoftmax.Over<TTree, TLogits>(logits, logitsOfSample + v * volume.Logits.Voxel, label, volume);
                var weight = none.Broadcast(label.Bits >= 0 ? (float)weights[label.Bits] * DeviceMath.TermScale : 0f);
                if (focalGamma != 0)
                    weight = weight.Multiply(DeviceFocal.Weight(softmax.ProbabilityOfLabel, focalGamma));
                crossEntropy += DeviceReduce.SumOfTerms(weight, softmax.Sum, softmax.Largest.Subtract(softmax.OfLabel));
                voxels += label.AllCount() ? 1 : 0;
                invalid += label.CountClass(DeviceLabel.Invalid);
                softmaxes[i] = new VoxelSoftmax
                {
                    Label = label,
                    Largest = softmax.Largest,
                    Scale = label.WhereCounted(softmax.Sum.Reciprocal()),
                };
            }

            for (var chunk = 0; chunk < volume.Classes; chunk += DeviceKernelTable.ChunkClasses)
            {
                tree.Clear();
                for (var i = Group.IdxX; i < end; i += Group.DimX)
                {
                    var softmax = softmaxes[i];
                    var offset = logitsOfSample + (first + i) * volume.Logits.Voxel + chunk * volume.Logits.Class;
                    tree.Load(logits, offset, volume.Logits.Class, chunk, volume.Classes);
                    tree.Select(softmax.Label);
                    tree.Exponentiate(softmax.Largest, none);
                    tree.Accumulate<TPower>(softmax.Label, softmax.Scale, chunk);
                }

                for (var i = 0; Warp.IsFirstLane && i < ChunkColumns; i++)
                    row[i] = 0;
                tree.AddSums(row, 0);
                DeviceReduce.AddOfWarp(row, 3 * tree.Count, DeviceReduce.TermOfWarp(crossEntropy));
                DeviceReduce.AddOfWarp(row, 3 * tree.Count + 1, WarpSum.Of(voxels));
                DeviceReduce.AddOfWarp(row, 3 * tree.Count + 2, WarpSum.Of(invalid));
                Group.Barrier();
                for (var i = Group.IdxX; i < ChunkColumns; i += Group.DimX)
                {
                    var column = ColumnOf(i, chunk, volume.Classes);
                    if (column >= 0)
                        partials[output + column * (long)Grid.DimX] += DeviceReduce.SumOfWarps(rows, i, ChunkColumns);
                }

                Group.Barrier();
            }
        }
    }

    /// <summary>Where a chunk's column belongs in the statistics, or -1. The sums over voxels go with the first chunk.</summary>
    private static int ColumnOf(int index, int chunk, int classes)
    {
        if (index >= 3 * DeviceKernelTable.ChunkClasses)
            return chunk == 0 ? 3 * classes + index - 3 * DeviceKernelTable.ChunkClasses : -1;
        var @class = chunk + index / 3;
        return @class < classes ? index % 3 * classes + @class : -1;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct VoxelSoftmax
    {
        public OneVoxel Label;
        public OneVoxel Largest;
        public OneVoxel Scale;
    }
}
