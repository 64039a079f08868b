using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>The values or seeds of a block: one for each voxel, or for each voxel and class; or none.</summary>
/// <param name="Rows">The rows.</param>
/// <param name="PerClass">Whether there is a row for each class.</param>
internal readonly record struct ValueRows(ClassRows Rows, bool PerClass);

/// <summary>
/// What one sum of a pass does to a block. The kernels behind it are compiled for what the sum, the target and the voxels need and for
/// nothing else; it is chosen once per call, and costs a block one virtual call.
/// </summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal abstract unsafe class SumPass<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>Adds a block to the sums.</summary>
    /// <param name="block">The block.</param>
    /// <param name="sum">What is summed.</param>
    /// <param name="table">The factors of its classes.</param>
    /// <param name="sums">The running sums.</param>
    /// <param name="values">Receive the voxel term.</param>
    public abstract void Reduce(
        ref VoxelBlock<TLanes> block, in HostSum sum, in ClassTable<TLanes> table, in ReduceSums<TLanes> sums, ValueRows values);

    /// <summary>Writes the gradient of a block.</summary>
    /// <param name="block">The block.</param>
    /// <param name="sum">What was summed.</param>
    /// <param name="table">The coefficients of the sample.</param>
    /// <param name="coefficient">The factor of all voxel terms; in the table too, where there are no seeds.</param>
    /// <param name="seeds">What the factor of a single term is more.</param>
    /// <param name="gradient">Where it goes.</param>
    /// <param name="streams">Whether it is stored past the caches.</param>
    public abstract void Spread(
        ref VoxelBlock<TLanes> block, in HostSum sum, in ClassTable<TLanes> table, double coefficient, ValueRows seeds, ClassRows gradient,
        bool streams);

    /// <summary>The pass of a sum.</summary>
    /// <param name="arguments">The call.</param>
    /// <param name="index">The number of the sum.</param>
    /// <param name="hasValues">Whether values, or gradients of values, are asked for.</param>
    public static SumPass<TLanes> Of(in HostArguments arguments, int index, bool hasValues)
    {
        var definition = arguments.Sums[index].Definition;
        var areEqual = arguments.Sums[index].Positive == null;
        if (definition.Distances != 0)
            return DistancePass<TLanes>.Instance;
        var term = TermChoice.Of(arguments, index, hasValues);
        return arguments.TargetKind switch
        {
            // Of whole numbers only 0 and 1 are let through to backward. The kernels of the softmax have no use for knowing it.
            TargetKind.UInt8 when definition is { LabelSmoothing: 0, Activation: Activation.Sigmoid } =>
                Of<Decisions>(definition, term, areEqual, isIndices: false),
            TargetKind.UInt8 => Of<Bytes>(definition, term, areEqual, isIndices: false),
            not TargetKind.Labels => Of<Numbers>(definition, term, areEqual, isIndices: false),
            _ when definition.LabelSmoothing == 0 => Of<Indices>(definition, term, areEqual, isIndices: true),
            _ => Of<SmoothedIndices>(definition, term, areEqual, isIndices: true),
        };
    }

    private static SumPass<TLanes> Of<TTarget>(SumDefinition definition, TermForm term, bool areEqual, bool isIndices)
        where TTarget : struct, ITargetPolicy => definition.Overlap switch
        {
            OverlapSums.None => Of<TTarget, NoOverlap>(definition, term, areEqual),
            OverlapSums.Squared => Of<TTarget, SquaredOverlap>(definition, term, areEqual),

            // Of a p from 0 to 1 and a t that is 0 or 1 they are the same.
            OverlapSums.Absolute when !isIndices || definition.Activation == Activation.None =>
                Of<TTarget, AbsoluteOverlap>(definition, term, areEqual),
            _ => Of<TTarget, ProductOverlap>(definition, term, areEqual),
        };

    private static SumPass<TLanes> Of<TTarget, TOverlap>(SumDefinition definition, TermForm term, bool areEqual)
        where TTarget : struct, ITargetPolicy
        where TOverlap : struct, IOverlapPolicy => (definition.Activation, term) switch
        {
            (Activation.Softmax, TermForm.None) => SoftmaxPass<TLanes, TTarget, TOverlap, NoTerm>.Instance,
            (Activation.Softmax, TermForm.Product) => SoftmaxPass<TLanes, TTarget, TOverlap, ProductTerm>.Instance,
            (Activation.Softmax, TermForm.Voxels) when areEqual && default(TTarget) is not IShared =>
                SoftmaxPass<TLanes, TTarget, TOverlap, EqualTerm>.Instance,
            (Activation.Softmax, TermForm.Voxels) => SoftmaxPass<TLanes, TTarget, TOverlap, VoxelsTerm>.Instance,
            (Activation.Softmax, TermForm.Focal) => SoftmaxPass<TLanes, TTarget, TOverlap, FocalTerm>.Instance,
            (Activation.Softmax, _) => SoftmaxPass<TLanes, TTarget, TOverlap, RowsTerm>.Instance,
            (Activation.Sigmoid, TermForm.None) => ElementPass<TLanes, Yes, TTarget, TOverlap, NoTerm>.Instance,
            (Activation.Sigmoid, TermForm.Product) => ElementPass<TLanes, Yes, TTarget, TOverlap, ProductTerm>.Instance,
            (Activation.Sigmoid, TermForm.Voxels) => ElementPass<TLanes, Yes, TTarget, TOverlap, VoxelsTerm>.Instance,
            (Activation.Sigmoid, _) when definition is { Gamma: 2, Poly: 0 } =>
                ElementPass<TLanes, Yes, TTarget, TOverlap, SquareTerm>.Instance,
            (Activation.Sigmoid, _) => ElementPass<TLanes, Yes, TTarget, TOverlap, FocalTerm>.Instance,
            (Activation.None, TermForm.Voxels) => ElementPass<TLanes, No, TTarget, TOverlap, VoxelsTerm>.Instance,
            (Activation.None, TermForm.Focal) => ElementPass<TLanes, No, TTarget, TOverlap, FocalTerm>.Instance,
            _ => ElementPass<TLanes, No, TTarget, TOverlap, NoTerm>.Instance,
        };
}
