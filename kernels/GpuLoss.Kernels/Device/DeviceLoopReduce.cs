using GpuLoss.Kernels.Objective;
using ILGPU;
using ILGPU.Util;

namespace GpuLoss.Kernels.Device;

/// <summary>
/// Reduce of any plan and any number of classes, one voxel per thread and turn, in a loop over the classes: activations, targets, voxel
/// weights and voxel terms as the plan says at run time. A block goes over its share in tiles of <see cref="Run"/> voxels per thread. What
/// a voxel's softmax needs is found first and kept in shared memory; then the sums of one class after another are taken, for each row of
/// the plan. The logits are read once from memory and again, for each row, from the caches. The first Score kernel adds the blocks up, as
/// it does for <see cref="DeviceReduce"/>. A grid is (blocks, samples).
/// </summary>
/// <remarks>Sums are float32 over a thread's voxels of a tile and over a warp, and double from there on, always in the same
/// order.</remarks>
internal static class DeviceLoopReduce
{
    /// <summary>The most threads of a block: a tile takes 36 bytes per voxel, 36 KB of shared memory in all.</summary>
    public const int MostThreads = 128;

    /// <summary>Voxels of a thread in a tile.</summary>
    public const int Run = 8;

    private const int WarpThreads = 32;
    private const int ChunkClasses = 8;

    /// <summary>I, P and T of the classes of a chunk.</summary>
    private const int ClassColumns = 3 * ChunkClasses;

    /// <summary>And the voxel term, the voxels, and the invalid ones.</summary>
    private const int Columns = ClassColumns + 3;

    /// <summary>Reduces.</summary>
    /// <param name="logits">Logits [N, C, V].</param>
    /// <param name="target">Labels [N, V] or numbers [N, C, V], as bytes.</param>
    /// <param name="mask">Voxel weights [N, V], as bytes; empty where there are none.</param>
    /// <param name="plan">The sums, laid out as <see cref="SumPlan"/> says.</param>
    /// <param name="partials">Receives [sums, N, 3·C + 3, blocks].</param>
    /// <param name="values">Receives the unreduced voxel term of one sum, [N, V] or [N, C, V]; empty where that is not asked for.</param>
    /// <param name="volume">Sizes and types.</param>
    public static void Kernel<TLogits>(
        TLogits logits, ArrayView<byte> target, ArrayView<byte> mask, ArrayView<double> plan, ArrayView<double> partials,
        ArrayView<float> values,
        DeviceVolume volume)
        where TLogits : struct, ILogitsMemory<OneVoxel>
    {
        var layout = new SumPlan(volume.Classes);
        var rowOfPlan = new DeviceScoreInput(plan);
        var voxels = SharedMemory.Allocate1D<DeviceVoxel>(MostThreads * Run);
        var softmaxes = SharedMemory.Allocate1D<LoopSoftmax>(MostThreads * Run);
        var valuesOfTile = SharedMemory.Allocate1D<float>(MostThreads * Run);
        var rows = SharedMemory.Allocate1D<double>(MostThreads / WarpThreads * Columns);
        var row = rows.SubView(Warp.WarpIdx * Columns, Columns);
        var stride = new StatisticsLayout(volume.Classes).Stride;
        var (sample, tile) = (Grid.IdxY, Run * Group.DimX);

        var needsSoftmax = false;
        for (var sum = 0; sum < volume.Sums; sum++)
        {
            needsSoftmax |= LoopSoftmax.IsNeededBy(layout.Read(rowOfPlan, sum).Activation);
            for (var column = Group.IdxX; column < stride; column += Group.DimX)
                partials[PartialIndex(sum, column, stride)] = 0;
        }

        for (var first = (long)Grid.IdxX * tile; first < volume.Vectors; first += Grid.DimX * (long)tile)
        {
            var end = (int)Math.Min(tile, volume.Vectors - first);
            var (weight, invalid) = (0f, 0);
            for (var i = Group.IdxX; i < end; i += Group.DimX)
            {
                var voxel = DeviceVoxel.Load(target, mask, first + i, volume);
                voxels[i] = voxel;
                weight += voxel.Weight;
                invalid += voxel.IsInvalid;
                if (needsSoftmax && voxel.Weight != 0f)
                    softmaxes[i] = LoopSoftmax.Over(logits, volume.Logits.At(sample, 0, first + i), volume);
            }

            for (var sum = 0; sum < volume.Sums; sum++)
            {
                var definition = layout.Read(rowOfPlan, sum);
                var voxelTerm = 0.0;
                for (var chunk = 0; chunk < volume.Classes; chunk += ChunkClasses)
                {
                    var endOfChunk = Math.Min(chunk + ChunkClasses, volume.Classes);
                    for (var @class = chunk; @class < endOfChunk; @class++)
                    {
                        var positive = new OneVoxel((float)plan[layout.Positive(sum, @class)] * DeviceMath.TermScale);
                        var negative = new OneVoxel((float)plan[layout.Negative(sum, @class)] * DeviceMath.TermScale);
                        var (ofIntersection, ofPrediction, ofTarget, ofTerm) = (0f, 0f, 0f, 0f);
                        for (var i = Group.IdxX; i < end; i += Group.DimX)
                        {
                            var voxel = voxels[i];
                            var term = 0f;
                            if (voxel.Weight != 0f)
                            {
                                var logit = logits.Load(logits.AddressOf(volume.Logits.At(sample, @class, first + i))).Value;
                                var prediction = softmaxes[i].Predict(definition.Activation, new(logit), @class);
                                var number = voxel.Target(target, first + i, @class, volume);
                                var isOutside = DeviceVoxel.IsOutside(number, volume);
                                var t = new OneVoxel(Utilities.Select(isOutside, 0f, number));
                                invalid += Utilities.Select(isOutside & sum == 0, 1, 0);
                                if (definition.Distances != 0)
                                {
                                    if (voxel.Label == @class)
                                        ofIntersection += voxel.Weight * Distance(
                                            logits, plan, definition, volume, sample, first + i, @class, softmaxes[i]);
                                }
                                else if (definition.Overlap != OverlapSums.None)
                                {
                                    ofIntersection += voxel.Weight * OverlapElement.Intersection(definition.Overlap, prediction.Value, t)
                                        .Value;
                                    ofPrediction += voxel.Weight * OverlapElement.Extent(definition.Overlap, prediction.Value).Value;
                                }

                                ofTarget += voxel.Weight * OverlapElement.Extent(definition.Overlap, t).Value;
                                if (definition.HasVoxelTerm != 0)
                                {
                                    var smoothed = VoxelTerm.Smoothed(definition, t, volume.Classes);
                                    term = voxel.Weight * VoxelTerm.Value(definition, prediction, smoothed, positive, negative).Value;
                                }
                            }

                            ofTerm += term;
                            if (sum == volume.ValueSum)
                            {
                                var before = volume.ValuesPerClass != 0 || @class == 0 ? 0f : valuesOfTile[i];
                                var value = before + term * (1f / DeviceMath.TermScale);
                                valuesOfTile[i] = value;
                                if (volume.ValuesPerClass != 0 || @class == volume.Classes - 1)
                                    values[volume.ValueIndex(sample, @class, first + i)] = value;
                            }
                        }

                        voxelTerm += ofTerm * (1.0 / DeviceMath.TermScale);
                        var column = 3 * (@class - chunk);
                        SetOfWarp(row, column, WarpSum.Of(ofIntersection));
                        SetOfWarp(row, column + 1, WarpSum.Of(ofPrediction));
                        SetOfWarp(row, column + 2, WarpSum.Of(ofTarget));
                    }

                    SetOfWarp(row, ClassColumns, default(DeviceScoreTeam).Sum(voxelTerm));
                    SetOfWarp(row, ClassColumns + 1, WarpSum.Of(weight));
                    SetOfWarp(row, ClassColumns + 2, WarpSum.Of(invalid));
                    Group.Barrier();
                    for (var i = Group.IdxX; i < Columns; i += Group.DimX)
                    {
                        var column = ColumnOf(i, chunk, volume.Classes);
                        if (column >= 0)
                            partials[PartialIndex(sum, column, stride)] += DeviceReduce.SumOfWarps(rows, i, Columns);
                    }

                    Group.Barrier();
                }
            }
        }
    }

    /// <summary>The distance of a voxel's prediction from its label.</summary>
    private static float Distance<TLogits>(
        TLogits logits, ArrayView<double> plan, SumDefinition definition, DeviceVolume volume, int sample, long v, int label,
        LoopSoftmax softmax)
        where TLogits : struct, ILogitsMemory<OneVoxel>
    {
        var distance = 0f;
        for (var @class = 0; @class < volume.Classes; @class++)
        {
            var logit = new OneVoxel(logits.Load(logits.AddressOf(volume.Logits.At(sample, @class, v))).Value);
            distance += softmax.Predict(definition.Activation, logit, @class)
                .Value.Value * (float)plan[definition.Distances + label * volume.Classes + @class];
        }

        return distance;
    }

    /// <summary>Where a column of this block lies.</summary>
    private static long PartialIndex(int sum, int column, int stride) =>
        (((long)sum * Grid.DimY + Grid.IdxY) * stride + column) * Grid.DimX + Grid.IdxX;

    /// <summary>Writes what all lanes of a warp have to its row.</summary>
    private static void SetOfWarp(ArrayView<double> row, int index, double ofWarp)
    {
        if (Warp.IsFirstLane)
            row[index] = ofWarp;
    }

    /// <summary>Where a column of a chunk belongs in the statistics, or -1. What is not of a class goes with the last chunk.</summary>
    private static int ColumnOf(int index, int chunk, int classes)
    {
        if (index >= ClassColumns)
            return chunk + ChunkClasses >= classes ? 3 * classes + index - ClassColumns : -1;
        var @class = chunk + index / 3;
        return @class < classes ? index % 3 * classes + @class : -1;
    }
}
