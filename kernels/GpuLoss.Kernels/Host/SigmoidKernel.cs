using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>
/// The first half of both passes with the sigmoid: of every logit of a class e^-|x|, and ln(1 + e^-|x|) where the voxel term takes it, in
/// rows of the block. Each is a chain of a dozen operations that wait for each other. By themselves ten of them are on their way at once;
/// with all that is made of them in one loop there would be two.
/// </summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal static unsafe class SigmoidKernel<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>Writes e^-|x| to <see cref="VoxelBlock{TLanes}.Factor"/>.</summary>
    /// <param name="block">The block.</param>
    /// <param name="class">The class.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Exponentials(in VoxelBlock<TLanes> block, int @class)
    {
        var logits = block.Logits[@class];
        var row = block.Factor;

        // The next block's logits are fetched while this one is computed.
        var ahead = (nint)block.Voxels * TLanes.ScalarSize;
        for (nint at = 0; at < ahead; at += sizeof(TLanes))
        {
            TLanes.Store(Activations.SigmoidExponential(TLanes.Load(logits + at)), row + at);
            if (Sse.IsSupported)
                Sse.Prefetch0(logits + at + ahead);
        }
    }

    /// <summary>Writes their ln(1 + e^-|x|) to <see cref="VoxelBlock{TLanes}.Term"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Logarithms(in VoxelBlock<TLanes> block)
    {
        for (nint at = 0; at < (nint)block.Voxels * TLanes.ScalarSize; at += sizeof(TLanes))
            TLanes.Store(TLanes.LogOnePlus(TLanes.Load(block.Factor + at)), block.Term + at);
    }
}
