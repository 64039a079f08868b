using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host.General;

/// <summary>Adds the gradient of one sum to the gradient of a block.</summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal static unsafe class GeneralSpreadKernel<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>Adds a sum.</summary>
    /// <param name="block">The block.</param>
    /// <param name="sum">The sum.</param>
    /// <param name="voxels">A whole number of registers.</param>
    /// <param name="coefficients">Those of the sample's classes.</param>
    /// <param name="seeds">What each voxel's term is multiplied with besides its coefficient: a row, or a row per class; or no rows.</param>
    /// <param name="seedsPerClass">Whether there is a row per class.</param>
    /// <param name="work">Memory: a row per class for p, one for dL/dp, one for the slopes of the voxel term.</param>
    /// <param name="gradient">What is added to, a row per class.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Add(
        in GeneralBlock<TLanes> block, in SumFactors<TLanes> sum, int voxels, ClassCoefficients* coefficients, ClassRows seeds, bool seedsPerClass,
        SpreadRows work, ClassRows gradient)
    {
        var definition = sum.Definition;
        for (nint at = 0; at < (nint)voxels * TLanes.ScalarSize; at += sizeof(TLanes))
        {
            var weight = new LaneReal<TLanes>(TLanes.Load(block.Weight + at));
            var (mean, total) = (default(LaneReal<TLanes>), default(LaneReal<TLanes>));
            var predictions = new BlockPredictions<TLanes>(definition.Activation, block, at);
            for (var c = 0; c < block.Classes; c++)
            {
                var prediction = predictions.Of(c);
                var target = new LaneReal<TLanes>(TLanes.Load(block.Target[c] + at));
                var slope = default(LaneReal<TLanes>);
                if (definition.Overlap != OverlapSums.None)
                {
                    slope = OverlapElement.Slope(
                        definition.Overlap, prediction.Value, target, slope.Of(coefficients[c].Intersection), slope.Of(coefficients[c].Constant),
                        slope.Of(coefficients[c].Linear)).Multiply(weight);
                }

                var ofTerm = default(LaneReal<TLanes>);
                if (definition.HasVoxelTerm != 0)
                {
                    var smoothed = VoxelTerm.Smoothed(definition, target, block.Classes);
                    ofTerm = definition.Activation == Activation.Sigmoid
                        ? VoxelTerm.SigmoidSlope(definition, prediction, smoothed, sum.Positive(c), sum.Negative(c))
                        : VoxelTerm.SoftmaxSlope(definition, prediction, smoothed, sum.Positive(c));
                    var factor = slope.Of(coefficients[c].CrossEntropy);
                    if (seeds.First != null)
                        factor = factor.Add(new(TLanes.Load(seeds[seedsPerClass ? c : 0] + at)));
                    ofTerm = ofTerm.Multiply(factor).Multiply(weight);
                }

                if (definition.Activation == Activation.Softmax)
                {
                    mean = slope.MultiplyAdd(prediction.Value, mean);
                    total = total.Add(ofTerm);
                    TLanes.Store(prediction.Value.Lanes, work.Predictions[c] + at);
                    TLanes.Store(slope.Lanes, work.Slopes[c] + at);
                    TLanes.Store(ofTerm.Lanes, work.Terms[c] + at);
                }
                else
                {
                    if (definition.Activation == Activation.Sigmoid)
                        slope = slope.Multiply(prediction.Value.Multiply(prediction.Rest)).Add(ofTerm);
                    Grow(gradient[c] + at, weight, slope);
                }
            }

            for (var c = 0; c < block.Classes && definition.Activation == Activation.Softmax; c++)
            {
                var p = new LaneReal<TLanes>(TLanes.Load(work.Predictions[c] + at));
                var slope = new LaneReal<TLanes>(TLanes.Load(work.Slopes[c] + at)).Subtract(mean).Add(total);
                Grow(gradient[c] + at, weight, p.Multiply(slope).Subtract(new(TLanes.Load(work.Terms[c] + at))));
            }
        }
    }

    /// <summary>Adds to the gradient where the voxel counts; where it does not, a NaN of the coefficients stays out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Grow(byte* gradient, LaneReal<TLanes> weight, LaneReal<TLanes> value)
    {
        var counted = weight.SelectEqual(weight.Of(0), weight.Of(0), value);
        TLanes.Store(TLanes.Load(gradient) + counted.Lanes, gradient);
    }
}

/// <summary>The rows that <see cref="GeneralSpreadKernel{TLanes}"/> keeps between its two turns over the classes.</summary>
/// <param name="predictions">p.</param>
/// <param name="slopes">dL/dp.</param>
/// <param name="terms">The slopes of the voxel term.</param>
internal readonly struct SpreadRows(ClassRows predictions, ClassRows slopes, ClassRows terms)
{
    public readonly ClassRows Predictions = predictions;

    public readonly ClassRows Slopes = slopes;

    public readonly ClassRows Terms = terms;
}
