using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host.General;

/// <summary>Adds the sums of a block to a row of statistics.</summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal static unsafe class GeneralReduceKernel<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    private const int SumsPerClass = 4;

    /// <summary>The scratch bytes of the running sums.</summary>
    public static long ScratchSize(int classes) => ScratchMemory.SizeOf<TLanes>(SumsPerClass * classes);

    /// <summary>Takes the running sums from <paramref name="scratch"/>.</summary>
    public static TLanes* Running(ScratchMemory scratch, int classes) => scratch.Take<TLanes>(SumsPerClass * classes);

    /// <summary>Adds a block.</summary>
    /// <param name="block">The block.</param>
    /// <param name="sum">What is summed.</param>
    /// <param name="voxels">A whole number of registers.</param>
    /// <param name="running">Memory for the running sums.</param>
    /// <param name="row">The statistics.</param>
    /// <param name="values">Receives the voxel term of each voxel, a row, or a row per class; or has no rows.</param>
    /// <param name="valuesPerClass">Whether there is a row per class.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Add(
        in GeneralBlock<TLanes> block, in SumFactors<TLanes> sum, int voxels, TLanes* running, double* row, ClassRows values, bool valuesPerClass)
    {
        var classes = block.Classes;
        var definition = sum.Definition;
        new Span<TLanes>(running, SumsPerClass * classes).Clear();
        var count = default(LaneReal<TLanes>);
        for (nint at = 0; at < (nint)voxels * TLanes.ScalarSize; at += sizeof(TLanes))
        {
            var weight = new LaneReal<TLanes>(TLanes.Load(block.Weight + at));
            count = count.Add(weight);
            var ofVoxel = default(LaneReal<TLanes>);
            var predictions = new BlockPredictions<TLanes>(definition.Activation, block, at);
            var sums = running;
            for (var c = 0; c < classes; c++)
            {
                var prediction = predictions.Of(c);
                var target = new LaneReal<TLanes>(TLanes.Load(block.Target[c] + at));
                if (definition.Overlap != OverlapSums.None)
                {
                    Grow(sums, weight, OverlapElement.Intersection(definition.Overlap, prediction.Value, target));
                    Grow(sums + 1, weight, OverlapElement.Extent(definition.Overlap, prediction.Value));
                }

                Grow(sums + 2, weight, OverlapElement.Extent(definition.Overlap, target));
                if (definition.HasVoxelTerm != 0)
                {
                    var smoothed = VoxelTerm.Smoothed(definition, target, classes);
                    var value = VoxelTerm.Value(definition, prediction, smoothed, sum.Positive(c), sum.Negative(c)).Multiply(weight);
                    sums[3] += value.Lanes;
                    ofVoxel = ofVoxel.Add(value);
                    if (valuesPerClass && values.First != null)
                        TLanes.Store(value.Lanes, values[c] + at);
                }

                sums += SumsPerClass;
            }

            if (!valuesPerClass && values.First != null)
                TLanes.Store(ofVoxel.Lanes, values.First + at);
        }

        var layout = new StatisticsLayout(classes);
        for (var c = 0; c < classes; c++)
        {
            row[layout.Intersection(0, c)] += TLanes.Sum(running[SumsPerClass * c]);
            row[layout.Prediction(0, c)] += TLanes.Sum(running[SumsPerClass * c + 1]);
            row[layout.Target(0, c)] += TLanes.Sum(running[SumsPerClass * c + 2]);
            row[layout.CrossEntropy(0)] += TLanes.Sum(running[SumsPerClass * c + 3]);
        }

        row[layout.Voxels(0)] += TLanes.Sum(count.Lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Grow(TLanes* sum, LaneReal<TLanes> weight, LaneReal<TLanes> value) => *sum = TLanes.MultiplyAdd(weight.Lanes, value.Lanes, *sum);
}
