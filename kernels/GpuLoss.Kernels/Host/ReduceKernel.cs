using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;

namespace GpuLoss.Kernels.Host;

/// <summary>
/// Reduce on the host: one read of the logits and labels of a tile, adding to its sums. A quad of voxels at a time goes through all classes
/// twice: exponentials and their sum first, kept in a scratch block that stays in the level-1 cache, then probabilities and their sums.
/// </summary>
/// <remarks>
/// The cross-entropy of a voxel is log Σ exp(x_c) - x_y. Instead of one logarithm per voxel, the sums Σ exp are multiplied together, their
/// exponents split off before they overflow, and the logarithm of the product is taken once at the end of the tile.
/// </remarks>
/// <typeparam name="TLanes">The register type.</typeparam>
/// <typeparam name="TCrossEntropy">Whether cross-entropy is summed, and whether per class.</typeparam>
/// <typeparam name="TSquared">Whether P sums p² instead of p.</typeparam>
internal static unsafe class ReduceKernel<TLanes, TCrossEntropy, TSquared>
    where TLanes : unmanaged, ILanes<TLanes>
    where TCrossEntropy : struct, ICrossEntropyPolicy
    where TSquared : struct, IPolicy
{
    /// <summary>Adds whole quads of the tile to the sums, up to the first one with a voxel that does not count.</summary>
    /// <returns>The first voxel that was not added.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int AddWhileAllCount<TLabels>(in HostTile tile, SoftmaxQuad<TLanes> softmax, ReduceSums<TLanes> sums, int begin)
        where TLabels : struct, IHostLabels
    {
        int voxel;
        for (voxel = begin; voxel + Quad<TLanes>.Count <= tile.Voxels; voxel += Quad<TLanes>.Count)
        {
            if (!softmax.TryLoadLabels<TLabels, No>(tile, voxel))
                break;
            softmax.Exponentiate<No>(tile.Logits + voxel, (nint)tile.ClassStride, tile.Classes);
            Add<No>(tile, softmax, sums, voxel);
        }

        return voxel;
    }

    /// <summary>Adds one quad of the tile, leaving out voxels whose label is ignored or names no class.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddOneQuad<TLabels>(in HostTile tile, SoftmaxQuad<TLanes> softmax, ReduceSums<TLanes> sums, int voxel)
        where TLabels : struct, IHostLabels
    {
        softmax.TryLoadLabels<TLabels, Yes>(tile, voxel);
        sums.InvalidLabels[0] += CountInvalid(tile, TLabels.Load<TLanes>(tile.Labels, voxel));
        softmax.Exponentiate<Yes>(tile.Logits + voxel, (nint)tile.ClassStride, tile.Classes);
        Add<Yes>(tile, softmax, sums, voxel);
    }

    /// <typeparam name="TMasked">Whether voxels may be left out.</typeparam>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Add<TMasked>(in HostTile tile, SoftmaxQuad<TLanes> softmax, ReduceSums<TLanes> sums, int voxel)
        where TMasked : struct, IPolicy
    {
        var classes = tile.Classes;
        var stride = (nint)tile.ClassStride;
        var logits = tile.Logits + voxel;
        var labels = softmax.Labels;
        var offset = softmax.Offset;
        var sum = softmax.Sum;
        var scale = Quad<TLanes>.Reciprocal(sum);
        if (TMasked.Holds)
        {
            // The product below takes a 1 for a voxel that does not count, the probabilities a 0.
            scale &= softmax.Counted;
            sum = Quad<TLanes>.Select(softmax.Counted, sum, Quad<TLanes>.Broadcast(1f));
        }

        CountLabels(sums, labels, classes);
        var logOfLabel = Quad<TLanes>.Broadcast(0f);
        for (var c = 0; c < classes; c++)
        {
            var probability = softmax.Exponential(c) * scale;
            sums.Prediction[c] += Quad<TLanes>.Sum(TSquared.Holds ? probability * probability : probability);
            sums.Intersection[c] += Quad<TLanes>.Sum(probability & SoftmaxQuad<TLanes>.Own(labels, c));

            if (TCrossEntropy.Sum != CrossEntropySum.None)
            {
                var exponent = Quad<TLanes>.MultiplyAdd(
                    Quad<TLanes>.Load(logits + c * stride), Quad<TLanes>.Broadcast(LaneMath.Log2OfE), offset);
                if (TCrossEntropy.Sum == CrossEntropySum.Weighted)
                {
                    sums.LogOfLabel[c] += Quad<TLanes>.Sum(exponent & SoftmaxQuad<TLanes>.Own(labels, c));
                    sums.MultiplyIn(c, Quad<TLanes>.Select(SoftmaxQuad<TLanes>.Own(labels, c), sum, Quad<TLanes>.Broadcast(1f)));
                }
                else
                {
                    logOfLabel = Quad<TLanes>.Select(SoftmaxQuad<TLanes>.Own(labels, c), exponent, logOfLabel);
                }
            }
        }

        if (TCrossEntropy.Sum == CrossEntropySum.Unweighted)
        {
            sums.LogOfLabel[0] += Quad<TLanes>.Sum(logOfLabel);
            sums.MultiplyIn(0, sum);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CountLabels(ReduceSums<TLanes> sums, Quad<TLanes> labels, int classes)
    {
        // Counted in bytes, four registers at once. The value 255 stands for "no class", so it must not be one.
        if (classes <= byte.MaxValue)
        {
            var packed = Quad<TLanes>.PackLabels(labels);
            for (var c = 0; c < classes; c++)
                sums.Target[c] += TLanes.CountPacked(packed, c);
        }
        else
        {
            CountOneByOne(sums, labels);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CountOneByOne(ReduceSums<TLanes> sums, Quad<TLanes> labels)
    {
        var each = stackalloc int[Quad<TLanes>.Count];
        labels.StoreLabels(each);
        for (var i = 0; i < Quad<TLanes>.Count; i++)
        {
            if (each[i] >= 0)
                sums.Target[each[i]]++;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int CountInvalid(in HostTile tile, Quad<TLanes> labels)
    {
        var known = Quad<TLanes>.CountSet(Quad<TLanes>.LabelsBelow(labels, tile.Classes));
        if (!tile.IgnoresAClass)
            known += Quad<TLanes>.CountSet(Quad<TLanes>.LabelsEqual(labels, TLanes.BroadcastLabel(tile.IgnoreIndex)));
        return Quad<TLanes>.Count - known;
    }
}
