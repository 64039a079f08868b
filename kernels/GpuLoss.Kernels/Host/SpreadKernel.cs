using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>
/// Spread on the host: a second read of a tile and one write of its gradient. With g_c = dL/dp_c and k the cross-entropy factor of the
/// voxel's own class y, the softmax gives <c>dL/dx_c = p_c · (g_c - Σ_j p_j g_j + k) - k·[c = y]</c>.
/// </summary>
/// <typeparam name="TLanes">The register type.</typeparam>
/// <typeparam name="TSquared">Whether dL/dp has a part linear in p.</typeparam>
/// <typeparam name="TStreaming">Whether the gradient is stored past the caches, which takes aligned rows.</typeparam>
internal static unsafe class SpreadKernel<TLanes, TSquared, TStreaming>
    where TLanes : unmanaged, ILanes<TLanes>
    where TSquared : struct, IPolicy
    where TStreaming : struct, IPolicy
{
    /// <summary>Writes whole quads of the tile, up to the first one with a voxel that does not count.</summary>
    /// <returns>The first voxel that was not written.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int WriteWhileAllCount<TLabels>(
        in HostTile tile, SoftmaxQuad<TLanes> softmax, ClassCoefficients* coefficients, int begin)
        where TLabels : struct, IHostLabels
    {
        int voxel;
        for (voxel = begin; voxel + Quad<TLanes>.Count <= tile.Voxels; voxel += Quad<TLanes>.Count)
        {
            if (!softmax.TryLoadLabels<TLabels, No>(tile, voxel))
                break;
            softmax.Exponentiate<No>(tile.Logits + voxel, (nint)tile.ClassStride, tile.Classes);
            Write<No>(tile, softmax, coefficients, voxel);
        }

        return voxel;
    }

    /// <summary>Writes one quad of the tile, with a gradient of 0 where the label is ignored or names no class.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WriteOneQuad<TLabels>(in HostTile tile, SoftmaxQuad<TLanes> softmax, ClassCoefficients* coefficients, int voxel)
        where TLabels : struct, IHostLabels
    {
        softmax.TryLoadLabels<TLabels, Yes>(tile, voxel);
        softmax.Exponentiate<Yes>(tile.Logits + voxel, (nint)tile.ClassStride, tile.Classes);
        Write<Yes>(tile, softmax, coefficients, voxel);
    }

    /// <typeparam name="TMasked">Whether voxels may be left out.</typeparam>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Write<TMasked>(in HostTile tile, SoftmaxQuad<TLanes> softmax, ClassCoefficients* coefficients, int voxel)
        where TMasked : struct, IPolicy
    {
        var classes = tile.Classes;
        var stride = (nint)tile.ClassStride;
        var labels = softmax.Labels;
        var scale = Quad<TLanes>.Reciprocal(softmax.Sum);

        // Σ_j p_j g_j, and k of the voxel's own class.
        var mean = Quad<TLanes>.Broadcast(0f);
        var crossEntropy = Quad<TLanes>.Broadcast(0f);
        for (var c = 0; c < classes; c++)
        {
            var probability = softmax.Exponential(c) * scale;
            mean = Quad<TLanes>.MultiplyAdd(probability, Slope(labels, probability, coefficients, c), mean);
            crossEntropy = Quad<TLanes>.Select(SoftmaxQuad<TLanes>.Own(labels, c), Quad<TLanes>.Broadcast((float)coefficients[c].CrossEntropy), crossEntropy);
        }

        // Where one class has nearly all of the probability its slope is nearly the mean, and the rounding of the mean would be most of
        // their difference. What the mean misses is summed from the differences, which are exact there.
        var rest = Quad<TLanes>.Broadcast(0f);
        for (var c = 0; c < classes; c++)
        {
            var probability = softmax.Exponential(c) * scale;
            rest = Quad<TLanes>.MultiplyAdd(probability, Slope(labels, probability, coefficients, c) - mean, rest);
        }

        var gradient = tile.Gradient + voxel;
        for (var c = 0; c < classes; c++)
        {
            var probability = softmax.Exponential(c) * scale;
            var slope = Slope(labels, probability, coefficients, c) - mean - rest + crossEntropy;
            var result = probability * slope - (crossEntropy & SoftmaxQuad<TLanes>.Own(labels, c));
            if (TMasked.Holds)
                result &= softmax.Counted;
            if (TStreaming.Holds)
                result.StoreStreaming(gradient + c * stride);
            else
                result.Store(gradient + c * stride);
        }
    }

    /// <summary>g_c = dL/dp_c.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Quad<TLanes> Slope(Quad<TLanes> labels, Quad<TLanes> probability, ClassCoefficients* coefficients, int @class)
    {
        var other = (float)coefficients[@class].Constant;
        var slope = Quad<TLanes>.Select(
            SoftmaxQuad<TLanes>.Own(labels, @class), Quad<TLanes>.Broadcast(other + (float)coefficients[@class].Intersection), Quad<TLanes>.Broadcast(other));
        return TSquared.Holds
            ? Quad<TLanes>.MultiplyAdd(probability, Quad<TLanes>.Broadcast((float)coefficients[@class].Linear), slope)
            : slope;
    }
}
