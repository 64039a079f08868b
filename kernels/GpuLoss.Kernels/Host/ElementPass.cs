using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>A sum over the sigmoid, the logits themselves or decisions.</summary>
/// <typeparam name="TLanes">The register type.</typeparam>
/// <typeparam name="TSigmoid">Whether it is the sigmoid.</typeparam>
/// <typeparam name="TTarget">What the target holds.</typeparam>
/// <typeparam name="TOverlap">The sums of the overlap.</typeparam>
/// <typeparam name="TTerm">The form of the voxel term.</typeparam>
internal sealed unsafe class ElementPass<TLanes, TSigmoid, TTarget, TOverlap, TTerm> : SumPass<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
    where TSigmoid : struct, IPolicy
    where TTarget : struct, ITargetPolicy
    where TOverlap : struct, IOverlapPolicy
    where TTerm : struct, ITermPolicy
{
    private ElementPass()
    {
    }

    /// <summary>The pass.</summary>
    public static ElementPass<TLanes, TSigmoid, TTarget, TOverlap, TTerm> Instance { get; } = new();

    /// <inheritdoc/>
    public override void Reduce(
        ref VoxelBlock<TLanes> block, in HostSum sum, in ClassTable<TLanes> table, in ReduceSums<TLanes> sums, ValueRows values)
    {
        if (sum.Definition.Activation is Activation.LargestClass or Activation.AboveHalf)
            DecisionKernel<TLanes>.Run(ref block, sum.Definition.Activation);
        if (block.Selection == Selection.All)
            ElementKernel<TLanes, TSigmoid, TTarget, No, TOverlap, TTerm>.Reduce(block, sum, table, sums, values);
        else if (block.Selection == Selection.Masked || (default(TTerm) is not IProductTerm))
            ElementKernel<TLanes, TSigmoid, TTarget, Yes, TOverlap, TTerm>.Reduce(block, sum, table, sums, values);
        else
            ElementKernel<TLanes, TSigmoid, TTarget, Yes, TOverlap, VoxelsTerm>.Reduce(block, sum, table, sums, values);
    }

    /// <inheritdoc/>
    public override void Spread(
        ref VoxelBlock<TLanes> block, in HostSum sum, in ClassTable<TLanes> table, double coefficient, ValueRows seeds, ClassRows gradient,
        bool streams)
    {
        if (sum.Definition.Activation is Activation.LargestClass or Activation.AboveHalf)
            block.Clear(gradient); // decisions have none
        else if (block.Selection == Selection.All)
            ElementKernel<TLanes, TSigmoid, TTarget, No, TOverlap, TTerm>.Spread(block, sum, table, coefficient, seeds, gradient, streams);
        else
            ElementKernel<TLanes, TSigmoid, TTarget, Yes, TOverlap, TTerm>.Spread(block, sum, table, coefficient, seeds, gradient, streams);
    }
}
