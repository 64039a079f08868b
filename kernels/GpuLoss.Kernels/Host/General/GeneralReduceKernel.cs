using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host.General;

/// <summary>Adds the sums of a block to a row of statistics.</summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal static unsafe class GeneralReduceKernel<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>
    /// Registers that are added up in their own precision. Equal terms are rounded in the same direction; of more of them it would be noticed.
    /// </summary>
    private const int Run = 16;

    /// <summary>
    /// What the voxel terms of a run are multiplied with before they are added up, and divided by after it: a power of 2, so that no digit changes, and the
    /// sum of a run of the largest numbers is none that is too large.
    /// </summary>
    private const double RunScale = 1.0 / 256;

    /// <summary>Adds I, P, T and the number of voxels; I and P where they are asked for.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void AddOverlap(in GeneralBlock<TLanes> block, OverlapSums sums, in PredictionRows predictions, int voxels, double* row)
    {
        var layout = new StatisticsLayout(block.Classes);
        var bytes = (nint)voxels * TLanes.ScalarSize;
        for (var c = 0; c < block.Classes; c++)
        {
            for (nint first = 0; first < bytes; first += Run * sizeof(TLanes))
            {
                var (intersection, prediction, target) = (TLanes.Broadcast(0), TLanes.Broadcast(0), TLanes.Broadcast(0));
                var end = Math.Min(bytes, first + Run * sizeof(TLanes));
                for (var at = first; at < end; at += sizeof(TLanes))
                {
                    var weight = TLanes.Load(block.Weight + at);
                    var t = new LaneReal<TLanes>(TLanes.Load(block.Target[c] + at));
                    target = TLanes.MultiplyAdd(weight, OverlapElement.Extent(sums, t).Lanes, target);
                    if (sums == OverlapSums.None)
                        continue;
                    var p = new LaneReal<TLanes>(TLanes.Load(predictions.Values[c] + at));
                    intersection = TLanes.MultiplyAdd(weight, OverlapElement.Intersection(sums, p, t).Lanes, intersection);
                    prediction = TLanes.MultiplyAdd(weight, OverlapElement.Extent(sums, p).Lanes, prediction);
                }

                row[layout.Intersection(0, c)] += TLanes.Sum(intersection);
                row[layout.Prediction(0, c)] += TLanes.Sum(prediction);
                row[layout.Target(0, c)] += TLanes.Sum(target);
            }
        }

        for (nint first = 0; first < bytes; first += Run * sizeof(TLanes))
        {
            var count = TLanes.Broadcast(0);
            for (var at = first; at < Math.Min(bytes, first + Run * sizeof(TLanes)); at += sizeof(TLanes))
                count += TLanes.Load(block.Weight + at);
            row[layout.Voxels(0)] += TLanes.Sum(count);
        }
    }

    /// <summary>Adds the voxel term.</summary>
    /// <param name="block">The block.</param>
    /// <param name="sum">What is summed.</param>
    /// <param name="predictions">The predictions.</param>
    /// <param name="voxels">A whole number of registers.</param>
    /// <param name="row">The statistics.</param>
    /// <param name="values">Receives the term of each voxel, a row, or a row per class; or has no rows.</param>
    /// <param name="valuesPerClass">Whether there is a row per class.</param>
    public static void AddTerm(
        in GeneralBlock<TLanes> block, in SumFactors<TLanes> sum, in PredictionRows predictions, int voxels, double* row, ClassRows values,
        bool valuesPerClass)
    {
        if (values.First != null)
            new Span<byte>(values.First, voxels * TLanes.ScalarSize).Clear();
        var total = 0.0;
        for (var c = 0; c < block.Classes; c++)
        {
            var ofClass = values.First == null ? null : values[valuesPerClass ? c : 0];
            if (valuesPerClass && ofClass != null)
                new Span<byte>(ofClass, voxels * TLanes.ScalarSize).Clear();
            if (sum.Definition.Activation == Activation.Sigmoid)
                total += sum.Definition.Gamma != 0
                    ? TermOf<Yes, Yes>(block, sum, predictions, voxels, c, ofClass)
                    : TermOf<Yes, No>(block, sum, predictions, voxels, c, ofClass);
            else
                total += sum.Definition.Gamma != 0
                    ? TermOf<No, Yes>(block, sum, predictions, voxels, c, ofClass)
                    : TermOf<No, No>(block, sum, predictions, voxels, c, ofClass);
        }

        row[new StatisticsLayout(block.Classes).CrossEntropy(0)] += total;
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static double TermOf<TSigmoid, TFocal>(
        in GeneralBlock<TLanes> block, in SumFactors<TLanes> sum, in PredictionRows predictions, int voxels, int c, byte* values)
        where TSigmoid : struct, IPolicy
        where TFocal : struct, IPolicy
    {
        // Constants, so that what does not happen is not in the loop.
        var definition = sum.Definition with { Activation = TSigmoid.Holds ? Activation.Sigmoid : Activation.Softmax };
        if (!TFocal.Holds)
            definition = definition with { Gamma = 0 };
        var (positive, negative) = (sum.Positive(c), sum.Negative(c));
        var (total, ofRun) = (0.0, TLanes.Broadcast(0));
        var bytes = (nint)voxels * TLanes.ScalarSize;
        for (nint at = 0; at < bytes; at += sizeof(TLanes))
        {
            // What is not loaded here is not a number, lest a formula read it unnoticed.
            var prediction = Activations.Unknown<LaneReal<TLanes>>() with { Surprise = new(TLanes.Load(predictions.Surprises[c] + at)) };
            if (TFocal.Holds)
                prediction.Rest = new(TLanes.Load(predictions.Rests[c] + at));
            if (TSigmoid.Holds)
                prediction.RestSurprise = new(TLanes.Load(predictions.RestSurprises[c] + at));
            if (TSigmoid.Holds && TFocal.Holds)
                prediction.Value = new(TLanes.Load(predictions.Values[c] + at));
            var smoothed = VoxelTerm.Smoothed(definition, new LaneReal<TLanes>(TLanes.Load(block.Target[c] + at)), block.Classes);
            var value = VoxelTerm.Value(definition, prediction, smoothed, positive, negative).Lanes * TLanes.Load(block.Weight + at);
            ofRun = TLanes.MultiplyAdd(value, TLanes.Broadcast(RunScale), ofRun);
            if (values != null)
                TLanes.Store(TLanes.Load(values + at) + value, values + at);
            if ((at / sizeof(TLanes) + 1) % Run != 0)
                continue;
            total += TLanes.Sum(ofRun) / RunScale;
            ofRun = TLanes.Broadcast(0);
        }

        return total + TLanes.Sum(ofRun) / RunScale;
    }
}
