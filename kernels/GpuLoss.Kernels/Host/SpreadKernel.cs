using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>
/// The second half of Spread with the softmax: the gradient of a block. With g_c = dL/dp_c and k_c the factor of -ln p_c in the voxel term,
/// the softmax gives <c>dL/dx_c = p_c · (g_c - Σ_j p_j g_j + Σ_j k_j) - k_c</c>. With class indices and no smoothing only k of the voxel's
/// own class is not 0.
/// </summary>
/// <typeparam name="TLanes">The register type.</typeparam>
/// <typeparam name="TTarget">What the target holds.</typeparam>
/// <typeparam name="TMasked">Whether the voxels have weights. Where that is 0 so is the gradient.</typeparam>
/// <typeparam name="TOverlap">The form of g.</typeparam>
/// <typeparam name="TTerm">Where k comes from.</typeparam>
/// <typeparam name="TStreaming">Whether the gradient is stored past the caches, which takes aligned rows.</typeparam>
internal static unsafe class SpreadKernel<TLanes, TTarget, TMasked, TOverlap, TTerm, TStreaming>
    where TLanes : unmanaged, ILanes<TLanes>
    where TTarget : struct, ITargetPolicy
    where TMasked : struct, IPolicy
    where TOverlap : struct, IOverlapPolicy
    where TTerm : struct, ITermPolicy
    where TStreaming : struct, IPolicy
{
    /// <summary>Writes the gradient of a block.</summary>
    /// <param name="block">The block, with its softmax.</param>
    /// <param name="table">The coefficients of the sample.</param>
    /// <param name="gradient">Where it goes; may be the rows of the block.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Write(in VoxelBlock<TLanes> block, in ClassTable<TLanes> table, ClassRows gradient)
    {
        var classes = block.Classes;
        var rowBytes = block.Rows.ClassBytes;
        var targetBytes = block.Target.ClassBytes;
        var one = TLanes.Of(1);
        for (nint at = 0; at < (nint)block.Voxels * TLanes.ScalarSize; at += sizeof(Quad<TLanes>))
        {
            var labels = default(TTarget) is IIndices ? Quad<TLanes>.Load(block.Target.First + at) : Quad<TLanes>.Of(0);
            var scale = Quad<TLanes>.Load(block.Scale + at);

            // Σ_j p_j g_j, and Σ_j k_j.
            var mean = Quad<TLanes>.Of(0);
            var factor = Quad<TLanes>.Of(default(TTerm) is IEqualTerm ? table.TermAtOne : TLanes.Of(0));
            var label = TLanes.Of(block.LabelOf(0));
            var row = block.Rows.First + at;
            var slopeRow = block.Slopes.First + at;
            var termRow = block.Terms.First + at;
            var target = block.Target.First + Quad<TLanes>.TargetAt<TTarget>(at);
            var ofClass = table;
            if (default(TOverlap) is IHasSums || default(TTerm) is IRowsTerm || default(TTerm) is ISharedTerm || default(TTerm) is IOwnTerm)
            {
                for (var c = 0; c < classes; c++)
                {
                    if (default(TOverlap) is IHasSums)
                    {
                        var exponential = Quad<TLanes>.Load(row);
                        var slope = Slope(ofClass, labels, label, target, exponential, scale);
                        slope.Store(slopeRow);
                        mean = Quad<TLanes>.MultiplyAdd(slope, exponential, mean);
                    }

                    if (default(TTerm) is IRowsTerm)
                        factor += Quad<TLanes>.Load(termRow);
                    else if (default(TTerm) is ISharedTerm)
                        factor += Quad<TLanes>.Line<TTarget>(labels, label, target, ofClass.TermAtOne, ofClass.TermAtZero);
                    else if (default(TTerm) is IOwnTerm)
                        factor = Quad<TLanes>.SelectEqual(labels, label, Quad<TLanes>.Of(ofClass.TermAtOne), factor);
                    label += one;
                    row += rowBytes;
                    slopeRow += rowBytes;
                    termRow += rowBytes;
                    if (default(TTarget) is not IIndices)
                        target += targetBytes;
                    ofClass = ofClass.Next;
                }
            }

            var ofVoxel = Quad<TLanes>.Load(block.Term + at);
            if (default(TTerm) is IHasVoxelFactor)
                factor *= ofVoxel;

            // Where one class has nearly all of the probability its slope is nearly the mean, and the rounding of the mean would be most of
            // their difference. What the mean misses is summed from the differences, which are exact there.
            var shift = default(TTerm) is IRowsTerm ? Quad<TLanes>.Of(0) : default(TTerm) is IKeepsRest ? Quad<TLanes>.Of(0) : factor;
            if (default(TOverlap) is IHasSums)
            {
                mean *= scale;
                var rest = Quad<TLanes>.Of(0);
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

            var restOfLargest = default(TTerm) is IRowsTerm ? Quad<TLanes>.Multiply(scale, block.Factor + at) : scale;
            var minusFactor = Quad<TLanes>.Of(0) - (default(TTerm) is IKeepsRest ? Quad<TLanes>.Multiply(factor, block.Rest + at) : factor);
            if (typeof(TMasked) != typeof(No) && default(TTerm) is not IRowsTerm && default(TTerm) is not ISharedTerm)
            {
                var weight = Quad<TLanes>.Load(block.Weight + at);
                (scale, minusFactor) = (scale * weight, minusFactor * weight);
            }

            label = TLanes.Of(block.LabelOf(0));
            row = block.Rows.First + at;
            slopeRow = block.Slopes.First + at;
            termRow = block.Terms.First + at;
            target = block.Target.First + Quad<TLanes>.TargetAt<TTarget>(at);
            ofClass = table;
            var destination = gradient.First + at;
            for (var c = 0; c < classes; c++)
            {
                var exponential = Quad<TLanes>.Load(row);
                var slope = default(TOverlap) is IHasSums ? shift - Quad<TLanes>.Subtract(mean, slopeRow) : shift;
                if (default(TTerm) is IKeepsRest)
                    slope += Quad<TLanes>.SelectEqual(labels, label, Quad<TLanes>.Of(0), factor);
                var result = exponential * (slope * scale);
                if (default(TTerm) is IRowsTerm)
                {
                    // p·Σ k - k, of which nothing is left where p is almost 1 and the class has all of Σ k.
                    var (p, term) = (exponential * scale, Quad<TLanes>.Load(termRow));
                    var rest = Quad<TLanes>.SelectEqual(exponential, one, restOfLargest, Quad<TLanes>.Of(1) - p);
                    result = p * (slope + (factor - term)) - rest * term;
                }
                else if (default(TTerm) is ISharedTerm)
                {
                    var share = Quad<TLanes>.Line<TTarget>(labels, label, target, ofClass.TermAtOne, ofClass.TermAtZero);
                    result -= default(TTerm) is IHasVoxelFactor ? share * ofVoxel : share;
                    ofClass = ofClass.Next;
                }
                else if (default(TTerm) is IHasTerm)
                {
                    result = Quad<TLanes>.MultiplyAdd(
                        slope * scale, exponential, Quad<TLanes>.SelectEqual(labels, label, minusFactor, Quad<TLanes>.Of(0)));
                }

                if (typeof(TMasked) != typeof(No) && (default(TTerm) is IRowsTerm || default(TTerm) is ISharedTerm))
                    result = Quad<TLanes>.Multiply(result, block.Weight + at);
                if (typeof(TMasked) == typeof(Yes))
                    result = Quad<TLanes>.SelectEqual(Quad<TLanes>.Load(block.Weight + at), TLanes.Of(0), Quad<TLanes>.Of(0), result);
                if (typeof(TStreaming) == typeof(Yes))
                    result.StoreStreaming(destination);
                else
                    result.Store(destination);
                label += one;
                row += rowBytes;
                slopeRow += rowBytes;
                termRow += rowBytes;
                if (default(TTarget) is not IIndices)
                    target += targetBytes;
                destination += gradient.ClassBytes;
            }
        }
    }

    /// <summary>g_c = dL/dp_c.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Quad<TLanes> Slope(
        in ClassTable<TLanes> ofClass, Quad<TLanes> labels, TLanes label, byte* target, Quad<TLanes> exponential, Quad<TLanes> scale)
    {
        if (default(TOverlap) is not IProductSums)
        {
            var (atOne, atZero) = (Quad<TLanes>.Of(ofClass.SlopeAtOne), Quad<TLanes>.Of(ofClass.SlopeAtZero));
            return OverlapElement.Slope(
                TOverlap.Sums, exponential * scale, Quad<TLanes>.Target<TTarget>(labels, label, target),
                default(TTarget) is IIndices ? atOne - atZero : atOne, atZero, atZero);
        }

        var slope = Quad<TLanes>.Line<TTarget>(labels, label, target, ofClass.SlopeAtOne, ofClass.SlopeAtZero);
        return default(TOverlap) is ISquaredSums
            ? Quad<TLanes>.MultiplyAdd(exponential * scale, Quad<TLanes>.Of(ofClass.Linear), slope)
            : slope;
    }
}
