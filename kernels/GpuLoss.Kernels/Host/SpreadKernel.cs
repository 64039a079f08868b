using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;

namespace GpuLoss.Kernels.Host;

/// <summary>
/// The second half of Spread: the gradient of a block. With g_c = dL/dp_c and k the cross-entropy factor of the voxel's own class y, the softmax
/// gives <c>dL/dx_c = p_c · (g_c - Σ_j p_j g_j + k) - k·[c = y]</c>.
/// </summary>
/// <typeparam name="TLanes">The register type.</typeparam>
/// <typeparam name="TMasked">Whether some voxels do not count; their gradient is 0.</typeparam>
/// <typeparam name="TOverlap">The form of g.</typeparam>
/// <typeparam name="TCrossEntropy">Whether there is a k, and whether it differs between classes.</typeparam>
/// <typeparam name="TStreaming">Whether the gradient is stored past the caches, which takes aligned rows.</typeparam>
internal static unsafe class SpreadKernel<TLanes, TMasked, TOverlap, TCrossEntropy, TStreaming>
    where TLanes : unmanaged, ILanes<TLanes>
    where TMasked : struct, IPolicy
    where TOverlap : struct, IOverlapPolicy
    where TCrossEntropy : struct, ICrossEntropyPolicy
    where TStreaming : struct, IPolicy
{
    /// <summary>Writes the gradient of <paramref name="voxels"/> of a block, a whole number of quads.</summary>
    /// <param name="block">The block, with its softmax.</param>
    /// <param name="slopes">The coefficients of the sample.</param>
    /// <param name="gradient">Where it goes; may be the rows of the block.</param>
    /// <param name="voxels">The number of voxels.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Write(in VoxelBlock<TLanes> block, in SlopeTable<TLanes> slopes, ClassRows gradient, int voxels)
    {
        var classes = block.Classes;
        var rowBytes = block.Rows.ClassBytes;
        var one = TLanes.Broadcast(1);
        for (nint at = 0; at < (nint)voxels * TLanes.ScalarSize; at += sizeof(Quad<TLanes>))
        {
            var labels = Quad<TLanes>.Load(block.Labels.Lanes + at);
            var scale = Quad<TLanes>.Load(block.Scale + at);

            // Σ_j p_j g_j, and k of the voxel's own class.
            var mean = Quad<TLanes>.Broadcast(0);
            var factor = Quad<TLanes>.Broadcast(TCrossEntropy.Sum == CrossEntropySum.Unweighted ? slopes.CrossEntropy : TLanes.Broadcast(0));
            var label = TLanes.Broadcast(0);
            var row = block.Rows.First + at;
            var slopeRow = block.Slopes.First + at;
            var ofClass = slopes;
            if (TOverlap.Form != OverlapForm.None || TCrossEntropy.Sum >= CrossEntropySum.Weighted)
            {
                for (var c = 0; c < classes; c++)
                {
                    if (TOverlap.Form != OverlapForm.None)
                    {
                        var exponential = Quad<TLanes>.Load(row);
                        var slope = Slope(ofClass, labels, label, exponential, scale);
                        slope.Store(slopeRow);
                        mean = Quad<TLanes>.MultiplyAdd(slope, exponential, mean);
                    }

                    if (TCrossEntropy.Sum >= CrossEntropySum.Weighted)
                        factor = Quad<TLanes>.SelectEqual(labels, label, Quad<TLanes>.Broadcast(ofClass.CrossEntropy), factor);
                    label += one;
                    row += rowBytes;
                    slopeRow += rowBytes;
                    ofClass = ofClass.Next;
                }
            }

            if (TCrossEntropy.Sum == CrossEntropySum.Focal)
                factor *= Quad<TLanes>.Load(block.CrossEntropy + at);

            // Where one class has nearly all of the probability its slope is nearly the mean, and the rounding of the mean would be most of
            // their difference. What the mean misses is summed from the differences, which are exact there.
            var shift = factor;
            if (TOverlap.Form != OverlapForm.None)
            {
                mean *= scale;
                var rest = Quad<TLanes>.Broadcast(0);
                row = block.Rows.First + at;
                slopeRow = block.Slopes.First + at;
                for (var c = 0; c < classes; c++)
                {
                    rest = Quad<TLanes>.MultiplyAdd(Quad<TLanes>.Subtract(mean, slopeRow), Quad<TLanes>.Load(row), rest);
                    row += rowBytes;
                    slopeRow += rowBytes;
                }

                shift = Quad<TLanes>.MultiplyAdd(rest, scale, shift);
            }

            var minusFactor = Quad<TLanes>.Broadcast(0) - factor;
            label = TLanes.Broadcast(0);
            row = block.Rows.First + at;
            slopeRow = block.Slopes.First + at;
            var destination = gradient.First + at;
            for (var c = 0; c < classes; c++)
            {
                var exponential = Quad<TLanes>.Load(row);
                var slope = TOverlap.Form == OverlapForm.None ? shift : shift - Quad<TLanes>.Subtract(mean, slopeRow);
                var result = TCrossEntropy.Sum == CrossEntropySum.None
                    ? exponential * (slope * scale)
                    : Quad<TLanes>.MultiplyAdd(
                        slope * scale, exponential, Quad<TLanes>.SelectEqual(labels, label, minusFactor, Quad<TLanes>.Broadcast(0)));
                if (TMasked.Holds)
                    result = Quad<TLanes>.SelectEqual(labels, TLanes.Broadcast(-1), Quad<TLanes>.Broadcast(0), result);
                if (TStreaming.Holds)
                    result.StoreStreaming(destination);
                else
                    result.Store(destination);
                label += one;
                row += rowBytes;
                slopeRow += rowBytes;
                destination += gradient.ClassBytes;
            }
        }
    }

    /// <summary>g_c = dL/dp_c.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Quad<TLanes> Slope(
        in SlopeTable<TLanes> ofClass, Quad<TLanes> labels, TLanes label, Quad<TLanes> exponential, Quad<TLanes> scale)
    {
        var slope = Quad<TLanes>.SelectEqual(labels, label, Quad<TLanes>.Broadcast(ofClass.Own), Quad<TLanes>.Broadcast(ofClass.Other));
        return TOverlap.Form == OverlapForm.Linear
            ? Quad<TLanes>.MultiplyAdd(exponential * scale, Quad<TLanes>.Broadcast(ofClass.Linear), slope)
            : slope;
    }
}
