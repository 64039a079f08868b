using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;

namespace GpuLoss.Kernels.Host;

/// <summary>The second half of Reduce: the probabilities of a block, added up class by class.</summary>
/// <typeparam name="TLanes">The register type.</typeparam>
/// <typeparam name="TCrossEntropy">What is summed of the cross-entropy.</typeparam>
/// <typeparam name="TOverlap">Whether P is summed at all, and whether of p or of p²: where dL/dp has a part linear in p.</typeparam>
internal static unsafe class ReduceKernel<TLanes, TCrossEntropy, TOverlap>
    where TLanes : unmanaged, ILanes<TLanes>
    where TCrossEntropy : struct, ICrossEntropyPolicy
    where TOverlap : struct, IOverlapPolicy
{
    /// <summary>Adds <paramref name="voxels"/> of a block, a whole number of quads, to the sums.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Add(in VoxelBlock<TLanes> block, ClassSums<TLanes>* sums, int voxels)
    {
        var labels = block.Labels.Lanes;
        var scales = block.Scale;
        var crossEntropies = block.CrossEntropy;
        var row = block.Rows.First;
        var sum = sums;
        var label = TLanes.Broadcast(0);
        var end = (nint)voxels * TLanes.ScalarSize;
        for (var c = 0; c < block.Classes; c++)
        {
            var prediction = TLanes.Broadcast(0);
            var intersection = prediction;
            var crossEntropy = prediction;
            for (nint at = 0; at < end; at += sizeof(Quad<TLanes>))
            {
                var own = Quad<TLanes>.Load(labels + at);
                if (TOverlap.Form != OverlapForm.None)
                {
                    var probability = Quad<TLanes>.Multiply(Quad<TLanes>.Load(row + at), scales + at);
                    prediction += Quad<TLanes>.Sum(TOverlap.Form == OverlapForm.Linear ? probability * probability : probability);
                    intersection += Quad<TLanes>.Sum(Quad<TLanes>.SelectEqual(own, label, probability, Quad<TLanes>.Broadcast(0)));
                }

                if (TCrossEntropy.Sum == CrossEntropySum.Weighted)
                {
                    crossEntropy += Quad<TLanes>.Sum(
                        Quad<TLanes>.SelectEqual(own, label, Quad<TLanes>.Load(crossEntropies + at), Quad<TLanes>.Broadcast(0)));
                }
            }

            if (TOverlap.Form != OverlapForm.None)
            {
                sum->Prediction.Add(prediction);
                sum->Intersection.Add(intersection);
            }

            if (TCrossEntropy.Sum == CrossEntropySum.Weighted)
                sum->CrossEntropy.Add(crossEntropy);
            label += TLanes.Broadcast(1);
            row += block.Rows.ClassBytes;
            sum++;
        }
    }
}
