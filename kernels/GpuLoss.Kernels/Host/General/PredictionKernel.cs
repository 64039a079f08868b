using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host.General;

/// <summary>The activation of a block. Its loops are short, so that the compiler inlines all of the arithmetic.</summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal static unsafe class PredictionKernel<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>Computes the predictions of a block; their logarithms only where there is a voxel term.</summary>
    public static void Fill(SumDefinition sum, in GeneralBlock<TLanes> block, in PredictionRows rows, int voxels)
    {
        var bytes = (nint)voxels * TLanes.ScalarSize;
        if (sum.Activation == Activation.Softmax)
        {
            Exponentiate(block, rows, bytes);
            if (sum.HasVoxelTerm != 0)
                FinishSoftmax<Yes>(block.Classes, rows, bytes);
            else
                FinishSoftmax<No>(block.Classes, rows, bytes);
        }
        else if (sum.Activation == Activation.Sigmoid)
        {
            if (sum.HasVoxelTerm != 0)
                Sigmoid<Yes>(block, rows, bytes);
            else
                Sigmoid<No>(block, rows, bytes);
        }
        else
        {
            Decide(sum.Activation, block, rows, bytes);
        }
    }

    /// <summary>
    /// Leaves the distances from the largest logit in the rows of -ln p, their exponentials in those of p, and in one row, where -ln(1 - p) has no use,
    /// the sums of these without the largest, which is 1: beside it the others of a confident voxel would lose their digits.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Exponentiate(in GeneralBlock<TLanes> block, in PredictionRows rows, nint bytes)
    {
        var log2OfE = TLanes.Broadcast(RealMath.Log2OfE);
        var classes = block.Classes;
        for (nint at = 0; at < bytes; at += sizeof(TLanes))
        {
            var largest = TLanes.Load(block.Logits.First + at);
            for (var c = 1; c < classes; c++)
                largest = TLanes.Max(largest, TLanes.Load(block.Logits[c] + at));
            var (zero, one) = (TLanes.Broadcast(0), TLanes.Broadcast(1));
            var (others, largestOnes) = (zero, zero - one);
            for (var c = 0; c < classes; c++)
            {
                var distance = TLanes.Load(block.Logits[c] + at) - largest;
                var exponential = TLanes.Exp2(distance * log2OfE);
                TLanes.Store(distance, rows.Surprises[c] + at);
                TLanes.Store(TLanes.SelectEqual(distance, zero, one, exponential), rows.Values[c] + at);
                others += TLanes.SelectEqual(distance, zero, zero, exponential);
                largestOnes += TLanes.SelectEqual(distance, zero, one, zero);
            }

            TLanes.Store(others + largestOnes, rows.RestSurprises.First + at);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void FinishSoftmax<TTerm>(int classes, in PredictionRows rows, nint bytes)
        where TTerm : struct, IPolicy
    {
        for (nint at = 0; at < bytes; at += sizeof(TLanes))
        {
            var others = new LaneReal<TLanes>(TLanes.Load(rows.RestSurprises.First + at));
            var sum = others.Add(others.Of(1));
            var scale = sum.Reciprocal();
            var log = TTerm.Holds
                ? others.SelectLess(others.Of(1), others.LogOnePlus(), sum.Log2().Multiply(others.Of(RealMath.LogOf2)))
                : default;
            for (var c = 0; c < classes; c++)
            {
                var prediction = Activations.Softmax(
                    new(TLanes.Load(rows.Surprises[c] + at)), new LaneReal<TLanes>(TLanes.Load(rows.Values[c] + at)), others, scale, log);
                TLanes.Store(prediction.Value.Lanes, rows.Values[c] + at);
                if (!TTerm.Holds)
                    continue;
                TLanes.Store(prediction.Rest.Lanes, rows.Rests[c] + at);
                TLanes.Store(prediction.Surprise.Lanes, rows.Surprises[c] + at);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Sigmoid<TTerm>(in GeneralBlock<TLanes> block, in PredictionRows rows, nint bytes)
        where TTerm : struct, IPolicy
    {
        for (var c = 0; c < block.Classes; c++)
        {
            for (nint at = 0; at < bytes; at += sizeof(TLanes))
            {
                var prediction = Activations.Sigmoid(new LaneReal<TLanes>(TLanes.Load(block.Logits[c] + at)));
                TLanes.Store(prediction.Value.Lanes, rows.Values[c] + at);
                TLanes.Store(prediction.Rest.Lanes, rows.Rests[c] + at);
                if (!TTerm.Holds)
                    continue;
                TLanes.Store(prediction.Surprise.Lanes, rows.Surprises[c] + at);
                TLanes.Store(prediction.RestSurprise.Lanes, rows.RestSurprises[c] + at);
            }
        }
    }

    /// <summary>The logits themselves, or decisions.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Decide(Activation activation, in GeneralBlock<TLanes> block, in PredictionRows rows, nint bytes)
    {
        var (zero, one) = (TLanes.Broadcast(0), TLanes.Broadcast(1));
        for (nint at = 0; at < bytes; at += sizeof(TLanes))
        {
            var largest = TLanes.Load(block.Logits.First + at);
            for (var c = 1; c < block.Classes; c++)
                largest = TLanes.Max(largest, TLanes.Load(block.Logits[c] + at));
            var taken = default(LaneReal<TLanes>);
            for (var c = 0; c < block.Classes; c++)
            {
                var value = TLanes.Load(block.Logits[c] + at);
                if (activation == Activation.AboveHalf)
                {
                    value = TLanes.SelectLess(zero, value, one, zero);
                }
                else if (activation == Activation.LargestClass)
                {
                    var isLargest = Activations.IsLargest(new LaneReal<TLanes>(value), new(largest), taken);
                    taken = taken.Add(isLargest);
                    value = isLargest.Lanes;
                }

                TLanes.Store(value, rows.Values[c] + at);
            }
        }
    }
}
