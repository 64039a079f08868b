using GpuLoss.Kernels.Host.Simd;

namespace GpuLoss.Kernels.Host;

/// <summary>A sum of the distances of predictions from labels, over the softmax of class indices.</summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal sealed unsafe class DistancePass<TLanes> : SumPass<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    private DistancePass()
    {
    }

    /// <summary>The pass.</summary>
    public static DistancePass<TLanes> Instance { get; } = new();

    /// <inheritdoc/>
    public override void Reduce(
        ref VoxelBlock<TLanes> block, in HostSum sum, in ClassTable<TLanes> table, in ReduceSums<TLanes> sums, ValueRows values)
    {
        SoftmaxPass<TLanes, Indices, ProductOverlap, NoTerm>.Softmax<NoTerm>(ref block, table, null, out _);
        DistanceKernel<TLanes>.TakeSlopes(block, sum.Distances, factors: null);
        DistanceKernel<TLanes>.Add(block, sums.Classes);
    }

    /// <inheritdoc/>
    public override void Spread(
        ref VoxelBlock<TLanes> block, in HostSum sum, in ClassTable<TLanes> table, double coefficient, ValueRows seeds, ClassRows gradient,
        bool streams)
    {
        SoftmaxPass<TLanes, Indices, ProductOverlap, NoTerm>.Softmax<NoTerm>(ref block, table, null, out _);
        var lanes = stackalloc byte[sizeof(TLanes)];
        var factors = stackalloc double[block.Classes];
        for (var c = 0; c < block.Classes; c++)
        {
            TLanes.Store(table.At(c).SlopeAtOne, lanes);
            factors[c] = DistanceKernel<TLanes>.Scalar(lanes);
        }

        DistanceKernel<TLanes>.TakeSlopes(block, sum.Distances, factors);
        DistanceKernel<TLanes>.Write(block, gradient);
    }
}
