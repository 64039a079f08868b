using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>Makes decisions of the logits of a block, 1 or 0 for each class.</summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal static unsafe class DecisionKernel<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>Decides. The logits of the block are its decisions then.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Run(ref VoxelBlock<TLanes> block, Activation activation)
    {
        var (logits, decisions) = (block.Logits, block.Rows);
        var (zero, one) = (TLanes.Of(0), TLanes.Of(1));
        for (nint at = 0; at < (nint)block.Voxels * TLanes.ScalarSize; at += sizeof(TLanes))
        {
            var largest = TLanes.Load(logits.First + at);
            for (var c = 1; c < block.Classes; c++)
                largest = TLanes.Max(largest, TLanes.Load(logits[c] + at));
            var taken = TLanes.Of(0);
            for (var c = 0; c < block.Classes; c++)
            {
                var value = TLanes.Load(logits[c] + at);
                if (activation == Activation.AboveHalf)
                {
                    value = TLanes.SelectLess(zero, value, one, zero);
                }
                else
                {
                    var isLargest = Activations.IsLargest(value, largest, taken);
                    taken += isLargest;
                    value = isLargest;
                }

                TLanes.Store(value, decisions[c] + at);
            }
        }

        block.TakeAsLogits(decisions);
    }
}
