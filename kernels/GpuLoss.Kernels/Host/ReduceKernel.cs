using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>The second half of Reduce with the softmax: the probabilities of a block, added up class by class.</summary>
/// <typeparam name="TLanes">The register type.</typeparam>
/// <typeparam name="TTarget">What the target holds.</typeparam>
/// <typeparam name="TWeighted">Whether the voxels have weights. T is summed here where they have, or where the target holds
/// numbers.</typeparam>
/// <typeparam name="TOverlap">The sums.</typeparam>
internal static unsafe class ReduceKernel<TLanes, TTarget, TWeighted, TOverlap>
    where TLanes : unmanaged, ILanes<TLanes>
    where TTarget : struct, ITargetPolicy
    where TWeighted : struct, IPolicy
    where TOverlap : struct, IOverlapPolicy
{
    /// <summary>Whether there is anything to sum.</summary>
    public static bool IsNeeded =>
        (default(TOverlap) is IHasSums) || (typeof(TWeighted) == typeof(Yes)) || (default(TTarget) is not IIndices);

    /// <summary>Adds a block to the sums.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Add(in VoxelBlock<TLanes> block, ClassSums<TLanes>* sums)
    {
        var targets = block.Target;
        var scales = block.Scale;
        var weights = block.Weight;
        if (typeof(TWeighted) == typeof(Yes) && default(TOverlap) is IProductSums && default(TOverlap) is not ISquaredSums)
        {
            scales = block.Own;
            for (nint at = 0; at < (nint)block.Voxels * TLanes.ScalarSize; at += sizeof(TLanes))
                TLanes.Store(TLanes.Load(block.Scale + at) * TLanes.Load(weights + at), scales + at);
        }

        var row = block.Rows.First;
        var target = targets.First;
        var sum = sums;
        var label = TLanes.Of(block.LabelOf(0));
        var end = (nint)block.Voxels * TLanes.ScalarSize;
        for (var c = 0; c < block.Classes; c++)
        {
            var prediction = TLanes.Of(0);
            var intersection = prediction;
            var ofTarget = prediction;
            for (nint at = 0; at < end; at += sizeof(Quad<TLanes>))
            {
                var numbers = target + Quad<TLanes>.TargetAt<TTarget>(at);
                if (default(TOverlap) is IProductSums)
                {
                    var p = Quad<TLanes>.Multiply(Quad<TLanes>.Load(row + at), scales + at);
                    var weighted = typeof(TWeighted) == typeof(Yes) && default(TOverlap) is ISquaredSums
                        ? Quad<TLanes>.Multiply(p, weights + at)
                        : p;
                    prediction += Quad<TLanes>.Sum(default(TOverlap) is ISquaredSums ? weighted * p : weighted);
                    intersection += Quad<TLanes>.Sum((default(TTarget) is IIndices)
                        ? Quad<TLanes>.SelectEqual(Quad<TLanes>.Load(numbers), label, weighted, Quad<TLanes>.Of(0))
                        : weighted * Quad<TLanes>.LoadTarget<TTarget>(numbers));
                }
                else if (default(TOverlap) is IHasSums)
                {
                    var p = Quad<TLanes>.Multiply(Quad<TLanes>.Load(row + at), scales + at);
                    var t = Target(label, numbers);
                    var (both, extent) = (OverlapElement.Intersection(TOverlap.Sums, p, t), OverlapElement.Extent(TOverlap.Sums, p));
                    prediction += Quad<TLanes>.Sum(typeof(TWeighted) == typeof(Yes) ? Quad<TLanes>.Multiply(extent, weights + at) : extent);
                    intersection += Quad<TLanes>.Sum(typeof(TWeighted) == typeof(Yes) ? Quad<TLanes>.Multiply(both, weights + at) : both);
                }

                if (typeof(TWeighted) == typeof(Yes) && default(TTarget) is IIndices)
                    ofTarget += Quad<TLanes>.Sum(Quad<TLanes>.SelectEqual(
                        Quad<TLanes>.Load(numbers), label, Quad<TLanes>.Load(weights + at), Quad<TLanes>.Of(0)));
                else if (typeof(TWeighted) == typeof(Yes))
                    ofTarget += Quad<TLanes>.Sum(Quad<TLanes>.Multiply(Extent(label, numbers), weights + at));
                else if (default(TTarget) is not IIndices)
                    ofTarget += Quad<TLanes>.Sum(Extent(label, numbers));
            }

            if (default(TOverlap) is IHasSums)
            {
                sum->Prediction.Add(prediction);
                sum->Intersection.Add(intersection);
            }

            sum->Target.Add(ofTarget);
            label += TLanes.Of(1);
            row += block.Rows.ClassBytes;
            if (default(TTarget) is not IIndices)
                target += targets.ClassBytes;
            sum++;
        }
    }

    /// <summary>The summand of T.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Quad<TLanes> Extent(TLanes label, byte* target)
    {
        var t = Target(label, target);
        return default(TOverlap) is ISquaredSums ? t * t : default(TOverlap) is IProductSums ? t : OverlapElement.Extent(TOverlap.Sums, t);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Quad<TLanes> Target(TLanes label, byte* target) => Quad<TLanes>.Target<TTarget>(
        default(TTarget) is IIndices ? Quad<TLanes>.Load(target) : Quad<TLanes>.Of(0), label, target);
}
