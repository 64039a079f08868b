using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>
/// What is made of the cross-entropy of each voxel that the softmax left in a block: focal loss, a sum, values of their own. With p the probability of the own
/// class and q = 1 - p, focal loss is <c>-q^γ·ln p</c>, and its gradient is that of cross-entropy times <c>q^γ - γ·q^(γ-1)·p·ln p</c>.
/// </summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal static unsafe class VoxelTermKernel<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>Where cross-entropy is so large nothing is left of p; infinity would make their product NaN.</summary>
    private const double MostCrossEntropy = 1e30;

    /// <summary>Where q is smaller, so is -ln p, and their quotient is 1 however small both are.</summary>
    private const double LeastRest = 1e-37;

    /// <summary>Adds the terms of a block up.</summary>
    /// <param name="block">The block.</param>
    /// <param name="gamma">The power of focal loss; 0 is cross-entropy.</param>
    /// <param name="total">The running sum.</param>
    /// <param name="values">Receives the term of each voxel, or null.</param>
    /// <typeparam name="TWeighted">Whether the voxels have weights.</typeparam>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Add<TWeighted>(in VoxelBlock<TLanes> block, double gamma, CompensatedSum<TLanes>* total, byte* values)
        where TWeighted : struct, IPolicy
    {
        var sum = TLanes.Broadcast(0);
        var unscaled = Quad<TLanes>.Broadcast(1 / ReduceSums<TLanes>.TermScale);
        for (nint at = 0; at < (nint)block.Voxels * TLanes.ScalarSize; at += sizeof(Quad<TLanes>))
        {
            var term = Quad<TLanes>.Load(block.Term + at);
            if (gamma != 0)
                term *= Power(Rest(block, at), gamma);
            var factor = Quad<TLanes>.Load(block.Factor + at);
            if (typeof(TWeighted) == typeof(Yes))
                factor = Quad<TLanes>.Multiply(factor, block.Weight + at);
            term = RealMath.Weighted(factor, term);
            sum += Quad<TLanes>.Sum(term);
            if (values != null)
                Quad<TLanes>.Max(Quad<TLanes>.Broadcast(0), term * unscaled).Store(values + at);
        }

        total->Add(sum);
    }

    /// <summary>Turns the cross-entropy of each voxel into the factor of the gradient of its focal loss.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Differentiate(in VoxelBlock<TLanes> block, double gamma)
    {
        var slope = Quad<TLanes>.Broadcast(gamma);
        var one = Quad<TLanes>.Broadcast(1);
        var zero = Quad<TLanes>.Broadcast(0);
        for (nint at = 0; at < (nint)block.Voxels * TLanes.ScalarSize; at += sizeof(Quad<TLanes>))
        {
            var crossEntropy = Quad<TLanes>.Load(block.Term + at) * Quad<TLanes>.Broadcast(1 / ReduceSums<TLanes>.TermScale);
            var rest = Rest(block, at);
            var finite = zero - Quad<TLanes>.Max(zero - crossEntropy, Quad<TLanes>.Broadcast(-MostCrossEntropy));
            var ratio = slope * Probability(crossEntropy) * finite * Quad<TLanes>.Reciprocal(rest);
            (Power(rest, gamma) * (one + ratio)).Store(block.Term + at);
        }
    }

    /// <summary>Makes the factors of the voxels: those of focal loss where there are any, times the sum of the class's own and of a seed.</summary>
    /// <param name="block">The block.</param>
    /// <param name="isFocal">Whether there are factors of focal loss.</param>
    /// <param name="coefficient">What all voxels have.</param>
    /// <param name="seeds">What each voxel has besides.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Seed(in VoxelBlock<TLanes> block, bool isFocal, double coefficient, byte* seeds)
    {
        var all = Quad<TLanes>.Broadcast(coefficient);
        for (nint at = 0; at < (nint)block.Voxels * TLanes.ScalarSize; at += sizeof(Quad<TLanes>))
        {
            var factor = all + Quad<TLanes>.Load(seeds + at);
            (isFocal ? Quad<TLanes>.Multiply(factor, block.Term + at) : factor).Store(block.Term + at);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Quad<TLanes> Power(Quad<TLanes> rest, double gamma) =>
        gamma == 2 ? rest * rest : Quad<TLanes>.Exp2(Quad<TLanes>.Broadcast(gamma) * Quad<TLanes>.Log2(rest));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Quad<TLanes> Probability(Quad<TLanes> crossEntropy) =>
        Quad<TLanes>.Exp2(crossEntropy * Quad<TLanes>.Broadcast(-LaneMath.Log2OfE));

    /// <summary>q = 1 - p.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Quad<TLanes> Rest(in VoxelBlock<TLanes> block, nint at) =>
        Quad<TLanes>.Max(Quad<TLanes>.Load(block.Rest + at), Quad<TLanes>.Broadcast(LeastRest));
}
