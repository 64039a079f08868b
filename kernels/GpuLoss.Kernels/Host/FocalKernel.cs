using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;

namespace GpuLoss.Kernels.Host;

/// <summary>
/// What focal loss makes of the cross-entropy of each voxel, between the softmax of a block and its sums or its gradient. With p the probability of the own
/// class and q = 1 - p, the loss is <c>-q^γ·ln p</c>, and its gradient is that of cross-entropy times <c>q^γ - γ·q^(γ-1)·p·ln p</c>.
/// </summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal static unsafe class FocalKernel<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>Where cross-entropy is so large nothing is left of p; infinity would make their product NaN.</summary>
    private const double MostCrossEntropy = 1e30;

    /// <summary>
    /// Half of the distance from 1 to the next number: the smallest q that is not 0. Where p is rounded to 1, cross-entropy is what rounding left of
    /// it, and its quotient by a smaller q would have no limit.
    /// </summary>
    private static double LeastRest => Math.ScaleB(1, TLanes.ScalarSize == sizeof(float) ? -24 : -53);

    /// <summary>Turns the cross-entropy of the block into focal loss, to the base 2 like it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Weigh(in VoxelBlock<TLanes> block, int voxels, double gamma)
    {
        var power = Quad<TLanes>.Broadcast(gamma);
        for (nint at = 0; at < (nint)voxels * TLanes.ScalarSize; at += sizeof(Quad<TLanes>))
        {
            var crossEntropy = Quad<TLanes>.Load(block.CrossEntropy + at);
            (crossEntropy * Quad<TLanes>.Exp2(power * Quad<TLanes>.Log2(Rest(crossEntropy)))).Store(block.CrossEntropy + at);
        }
    }

    /// <summary>Turns the cross-entropy of the block into the factor of its gradient.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Differentiate(in VoxelBlock<TLanes> block, int voxels, double gamma)
    {
        var power = Quad<TLanes>.Broadcast(gamma);
        var slope = Quad<TLanes>.Broadcast(gamma * LaneMath.LogOf2);
        var one = Quad<TLanes>.Broadcast(1);
        var zero = Quad<TLanes>.Broadcast(0);
        for (nint at = 0; at < (nint)voxels * TLanes.ScalarSize; at += sizeof(Quad<TLanes>))
        {
            var crossEntropy = Quad<TLanes>.Load(block.CrossEntropy + at);
            var rest = Rest(crossEntropy);
            var probability = Quad<TLanes>.Exp2(zero - crossEntropy);
            var finite = zero - Quad<TLanes>.Max(zero - crossEntropy, Quad<TLanes>.Broadcast(-MostCrossEntropy));
            var ratio = slope * probability * finite * Quad<TLanes>.Reciprocal(rest);
            (Quad<TLanes>.Exp2(power * Quad<TLanes>.Log2(rest)) * (one + ratio)).Store(block.CrossEntropy + at);
        }
    }

    /// <summary>q = 1 - p.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Quad<TLanes> Rest(Quad<TLanes> crossEntropy)
    {
        var rest = Quad<TLanes>.Broadcast(1) - Quad<TLanes>.Exp2(Quad<TLanes>.Broadcast(0) - crossEntropy);
        return Quad<TLanes>.Max(rest, Quad<TLanes>.Broadcast(LeastRest));
    }
}
