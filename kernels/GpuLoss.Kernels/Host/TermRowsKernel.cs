using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>
/// Voxel terms of the softmax in which every class has a share that is no multiple of -ln p: focal loss of soft or smoothed targets, and
/// values for every class. The softmax has left what they are made of in the block (<see cref="TermForm.Rows"/>).
/// </summary>
/// <typeparam name="TLanes">The register type.</typeparam>
/// <typeparam name="TTarget">What the target holds.</typeparam>
/// <typeparam name="TWeighted">Whether the voxels have weights.</typeparam>
internal static unsafe class TermRowsKernel<TLanes, TTarget, TWeighted>
    where TLanes : unmanaged, ILanes<TLanes>
    where TTarget : struct, ITargetPolicy
    where TWeighted : struct, IPolicy
{
    /// <summary>Adds the terms of a block up.</summary>
    /// <param name="block">The block.</param>
    /// <param name="sum">What is summed.</param>
    /// <param name="total">The running sum.</param>
    /// <param name="values">Receives the terms, a row, or one for each class; or has no rows.</param>
    /// <param name="valuesPerClass">Whether there is a row for each class.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Add(
        in VoxelBlock<TLanes> block, in HostSum sum, CompensatedSum<TLanes>* total, ClassRows values, bool valuesPerClass)
    {
        var definition = sum.Definition with { Activation = Activation.Softmax };
        var running = *total;
        TakeLogarithms(block);
        for (var c = 0; c < block.Classes; c++)
        {
            var positive = TLanes.Of(sum.Positive == null ? 1 : sum.Positive[c]);
            for (nint at = 0; at < (nint)block.Voxels * TLanes.ScalarSize; at += sizeof(TLanes))
            {
                var value = VoxelTerm.Value(definition, Prediction(block, c, at), Smoothed(block, definition, c, at), positive, positive);
                if (typeof(TWeighted) == typeof(Yes))
                    value = RealMath.Weighted(TLanes.Load(block.Weight + at), value);
                running.Add(value * TLanes.Of(ReduceSums<TLanes>.TermScale));
                if (values.First == null)
                    continue;
                var place = values[valuesPerClass ? c : 0] + at;
                TLanes.Store(valuesPerClass || c == 0 ? value : TLanes.Load(place) + value, place);
            }
        }

        *total = running;
    }

    /// <summary>Writes the factors of -ln p, for
    /// <see cref="SpreadKernel{TLanes, TTarget, TMasked, TOverlap, TTerm, TStreaming}"/>.</summary>
    /// <param name="block">The block.</param>
    /// <param name="sum">What was summed.</param>
    /// <param name="coefficient">The factor of all terms.</param>
    /// <param name="seeds">What the factor of a single one is more; or has no rows.</param>
    /// <param name="seedsPerClass">Whether there is a row for each class.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Differentiate(in VoxelBlock<TLanes> block, in HostSum sum, double coefficient, ClassRows seeds, bool seedsPerClass)
    {
        var definition = sum.Definition with { Activation = Activation.Softmax };
        var all = TLanes.Of(coefficient);
        TakeLogarithms(block);
        for (var c = 0; c < block.Classes; c++)
        {
            var positive = TLanes.Of(sum.Positive == null ? 1 : sum.Positive[c]);
            for (nint at = 0; at < (nint)block.Voxels * TLanes.ScalarSize; at += sizeof(TLanes))
            {
                var slope = VoxelTerm.SoftmaxSlope(definition, Prediction(block, c, at), Smoothed(block, definition, c, at), positive);
                var factor = seeds.First == null ? all : all + TLanes.Load(seeds[seedsPerClass ? c : 0] + at);
                TLanes.Store(slope * factor, block.Terms[c] + at);
            }
        }
    }

    /// <summary>The logarithm of Σ exp of each voxel, once for all its classes.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void TakeLogarithms(in VoxelBlock<TLanes> block)
    {
        for (nint at = 0; at < (nint)block.Voxels * TLanes.ScalarSize; at += sizeof(TLanes))
        {
            var others = TLanes.Load(block.Factor + at);
            var log = TLanes.Log2(others + TLanes.Of(1)) * TLanes.Of(RealMath.LogOf2);
            TLanes.Store(TLanes.SelectLess(others, TLanes.Of(1), TLanes.LogOnePlus(others), log), block.Own + at);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Prediction<TLanes> Prediction(in VoxelBlock<TLanes> block, int c, nint at)
    {
        var others = TLanes.Load(block.Factor + at);
        var distance = TLanes.Load(block.Logits[c] + at) - TLanes.Load(block.Term + at);
        if (typeof(TWeighted) == typeof(Yes))
            distance = TLanes.SelectEqual(TLanes.Load(block.Weight + at), TLanes.Of(0), TLanes.Of(0), distance);
        return Activations.Softmax(
            distance, TLanes.Load(block.Rows[c] + at), others, TLanes.Load(block.Scale + at), TLanes.Load(block.Own + at));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Smoothed(in VoxelBlock<TLanes> block, SumDefinition definition, int c, nint at)
    {
        var numbers = block.Target[c] + Quad<TLanes>.TargetAt<TTarget>(at);
        var target = default(TTarget) is IBytes ? TLanes.LoadBytes(numbers) : TLanes.Load(numbers);
        if (default(TTarget) is IIndices)
            target = TLanes.SelectEqual(target, TLanes.Of(block.LabelOf(c)), TLanes.Of(1), TLanes.Of(0));
        return VoxelTerm.Smoothed(definition, target, block.Classes);
    }
}
