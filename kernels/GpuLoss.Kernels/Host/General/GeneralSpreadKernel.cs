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
    /// <param name="predictions">Its predictions.</param>
    /// <param name="voxels">A whole number of registers.</param>
    /// <param name="coefficients">Those of the sample's classes.</param>
    /// <param name="seeds">What each voxel's term is multiplied with besides its coefficient: a row, or a row per class; or no rows.</param>
    /// <param name="seedsPerClass">Whether there is a row per class.</param>
    /// <param name="slopes">Memory, a row per class: dL/dp.</param>
    /// <param name="terms">Likewise: the slopes of the voxel term.</param>
    /// <param name="gradient">What is added to, a row per class.</param>
    public static void Add(
        in GeneralBlock<TLanes> block, in SumFactors<TLanes> sum, in PredictionRows predictions, int voxels, ClassCoefficients* coefficients,
        ClassRows seeds, bool seedsPerClass, ClassRows slopes, ClassRows terms, ClassRows gradient)
    {
        var definition = sum.Definition;
        var bytes = (nint)voxels * TLanes.ScalarSize;
        for (var c = 0; c < block.Classes; c++)
        {
            Slopes(block, definition.Overlap, predictions, bytes, c, coefficients[c], slopes[c]);
            var ofClass = seeds.First == null ? null : seeds[seedsPerClass ? c : 0];
            if (definition.HasVoxelTerm == 0)
                new Span<byte>(terms[c], (int)bytes).Clear();
            else if (definition.Activation == Activation.Sigmoid && definition.Gamma != 0)
                Terms<Yes, Yes>(block, sum, predictions, bytes, c, coefficients[c].CrossEntropy, ofClass, terms[c]);
            else if (definition.Activation == Activation.Sigmoid)
                Terms<Yes, No>(block, sum, predictions, bytes, c, coefficients[c].CrossEntropy, ofClass, terms[c]);
            else if (definition.Gamma != 0)
                Terms<No, Yes>(block, sum, predictions, bytes, c, coefficients[c].CrossEntropy, ofClass, terms[c]);
            else
                Terms<No, No>(block, sum, predictions, bytes, c, coefficients[c].CrossEntropy, ofClass, terms[c]);
        }

        switch (definition.Activation)
        {
            case Activation.Softmax when definition.HasVoxelTerm != 0:
                ThroughSoftmax<Yes>(block, predictions, bytes, slopes, terms, gradient);
                break;
            case Activation.Softmax:
                ThroughSoftmax<No>(block, predictions, bytes, slopes, terms, gradient);
                break;
            case Activation.Sigmoid:
                ThroughSigmoid<Yes>(block, predictions, bytes, slopes, terms, gradient);
                break;
            case Activation.None:
                ThroughSigmoid<No>(block, predictions, bytes, slopes, terms, gradient);
                break;
        }
    }

    /// <summary>dL/dp times the weight.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Slopes(
        in GeneralBlock<TLanes> block, OverlapSums sums, in PredictionRows predictions, nint bytes, int c, ClassCoefficients coefficients, byte* slopes)
    {
        if (sums == OverlapSums.None)
        {
            new Span<byte>(slopes, (int)bytes).Clear();
            return;
        }

        var zero = default(LaneReal<TLanes>);
        var (byIntersection, byPrediction, linear) =
            (zero.Of(coefficients.Intersection), zero.Of(coefficients.Constant), zero.Of(coefficients.Linear));
        for (nint at = 0; at < bytes; at += sizeof(TLanes))
        {
            var slope = OverlapElement.Slope(
                sums, new(TLanes.Load(predictions.Values[c] + at)), new LaneReal<TLanes>(TLanes.Load(block.Target[c] + at)), byIntersection, byPrediction,
                linear);
            TLanes.Store(slope.Lanes * TLanes.Load(block.Weight + at), slopes + at);
        }
    }

    /// <summary>The slopes of the voxel term times the weight.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Terms<TSigmoid, TFocal>(
        in GeneralBlock<TLanes> block, in SumFactors<TLanes> sum, in PredictionRows predictions, nint bytes, int c, double coefficient, byte* seeds,
        byte* terms)
        where TSigmoid : struct, IPolicy
        where TFocal : struct, IPolicy
    {
        // Constants, so that what does not happen is not in the loop.
        var definition = sum.Definition with { Activation = TSigmoid.Holds ? Activation.Sigmoid : Activation.Softmax };
        if (!TFocal.Holds)
            definition = definition with { Gamma = 0 };
        var (positive, negative) = (sum.Positive(c), sum.Negative(c));
        var constant = TLanes.Broadcast(coefficient);
        for (nint at = 0; at < bytes; at += sizeof(TLanes))
        {
            // What is not loaded here is not a number, lest a formula read it unnoticed.
            var prediction = Activations.Unknown<LaneReal<TLanes>>();
            if (TSigmoid.Holds || TFocal.Holds)
            {
                prediction.Value = new(TLanes.Load(predictions.Values[c] + at));
                prediction.Rest = new(TLanes.Load(predictions.Rests[c] + at));
            }

            if (TFocal.Holds)
                prediction.Surprise = new(TLanes.Load(predictions.Surprises[c] + at));
            if (TFocal.Holds && TSigmoid.Holds)
                prediction.RestSurprise = new(TLanes.Load(predictions.RestSurprises[c] + at));
            var smoothed = VoxelTerm.Smoothed(definition, new LaneReal<TLanes>(TLanes.Load(block.Target[c] + at)), block.Classes);
            var slope = TSigmoid.Holds
                ? VoxelTerm.SigmoidSlope(definition, prediction, smoothed, positive, negative)
                : VoxelTerm.SoftmaxSlope(definition, prediction, smoothed, positive);
            var factor = seeds == null ? constant : constant + TLanes.Load(seeds + at);
            TLanes.Store(slope.Lanes * factor * TLanes.Load(block.Weight + at), terms + at);
        }
    }

    /// <summary>
    /// p_c·(dL/dp_c - Σ dL/dp·p + Σ of the other terms) - (1 - p_c)·term_c. Slopes are taken from that of the class with the largest p: where this is
    /// almost 1 the mean is almost that class's own, and the small differences that make the gradient would be lost.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void ThroughSoftmax<TTerm>(
        in GeneralBlock<TLanes> block, in PredictionRows predictions, nint bytes, ClassRows slopes, ClassRows terms, ClassRows gradient)
        where TTerm : struct, IPolicy
    {
        for (nint at = 0; at < bytes; at += sizeof(TLanes))
        {
            var (largest, reference, total) = (TLanes.Load(predictions.Values.First + at), TLanes.Load(slopes.First + at), TLanes.Broadcast(0));
            for (var c = 0; c < block.Classes; c++)
            {
                var p = TLanes.Load(predictions.Values[c] + at);
                reference = TLanes.SelectLess(largest, p, TLanes.Load(slopes[c] + at), reference);
                largest = TLanes.Max(largest, p);
                if (TTerm.Holds)
                    total += TLanes.Load(terms[c] + at);
            }

            var mean = TLanes.Broadcast(0);
            for (var c = 0; c < block.Classes; c++)
                mean = TLanes.MultiplyAdd(TLanes.Load(slopes[c] + at) - reference, TLanes.Load(predictions.Values[c] + at), mean);
            for (var c = 0; c < block.Classes; c++)
            {
                var slope = TLanes.Load(slopes[c] + at) - reference - mean;
                var p = TLanes.Load(predictions.Values[c] + at);
                if (TTerm.Holds)
                {
                    var term = TLanes.Load(terms[c] + at);
                    Grow(gradient[c] + at, block.Weight + at, p * (slope + (total - term)) - TLanes.Load(predictions.Rests[c] + at) * term);
                }
                else
                {
                    Grow(gradient[c] + at, block.Weight + at, p * slope);
                }
            }
        }
    }

    /// <summary>dL/dp·p·(1 - p) + term, or without an activation dL/dp.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void ThroughSigmoid<TSigmoid>(
        in GeneralBlock<TLanes> block, in PredictionRows predictions, nint bytes, ClassRows slopes, ClassRows terms, ClassRows gradient)
        where TSigmoid : struct, IPolicy
    {
        for (var c = 0; c < block.Classes; c++)
        {
            for (nint at = 0; at < bytes; at += sizeof(TLanes))
            {
                var slope = TLanes.Load(slopes[c] + at);
                if (TSigmoid.Holds)
                {
                    var derivative = TLanes.Load(predictions.Values[c] + at) * TLanes.Load(predictions.Rests[c] + at);
                    slope = TLanes.MultiplyAdd(slope, derivative, TLanes.Load(terms[c] + at));
                }

                Grow(gradient[c] + at, block.Weight + at, slope);
            }
        }
    }

    /// <summary>Adds to the gradient where the voxel counts; where it does not, a NaN of the coefficients stays out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Grow(byte* gradient, byte* weight, TLanes value)
    {
        var counted = TLanes.SelectEqual(TLanes.Load(weight), TLanes.Broadcast(0), TLanes.Broadcast(0), value);
        TLanes.Store(TLanes.Load(gradient) + counted, gradient);
    }
}
