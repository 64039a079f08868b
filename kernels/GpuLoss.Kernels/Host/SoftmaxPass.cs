using GpuLoss.Kernels.Host.Simd;

namespace GpuLoss.Kernels.Host;

/// <summary>A sum over the softmax.</summary>
/// <typeparam name="TLanes">The register type.</typeparam>
/// <typeparam name="TTarget">What the target holds.</typeparam>
/// <typeparam name="TOverlap">The sums of the overlap.</typeparam>
/// <typeparam name="TTerm">The form of the voxel term.</typeparam>
internal sealed unsafe class SoftmaxPass<TLanes, TTarget, TOverlap, TTerm> : SumPass<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
    where TTarget : struct, ITargetPolicy
    where TOverlap : struct, IOverlapPolicy
    where TTerm : struct, ITermPolicy
{
    private SoftmaxPass()
    {
    }

    /// <summary>The pass.</summary>
    public static SoftmaxPass<TLanes, TTarget, TOverlap, TTerm> Instance { get; } = new();

    /// <inheritdoc/>
    public override void Reduce(
        ref VoxelBlock<TLanes> block, in HostSum sum, in ClassTable<TLanes> table, in ReduceSums<TLanes> sums, ValueRows values)
    {
        if (default(TTerm) is IRowsTerm)
        {
            Softmax<RowsTerm>(ref block, table, null);
            if (block.Selection == Selection.All)
                TermRowsKernel<TLanes, TTarget, No>.Add(block, sum, sums.Term, values.Rows, values.PerClass);
            else
                TermRowsKernel<TLanes, TTarget, Yes>.Add(block, sum, sums.Term, values.Rows, values.PerClass);
        }
        else if (default(TTerm) is not IHasTerm)
        {
            Softmax<NoTerm>(ref block, table, null);
        }
        else if (default(TTerm) is not IProductTerm || block.Selection == Selection.Weighted
            || !Softmax<ProductTerm>(ref block, table, sums.Product))
        {
            // Of large logits too, where the product was not taken.
            if (default(TTarget) is IShared)
                Softmax<SharedTerm>(ref block, table, null);
            else
                Softmax<VoxelsTerm>(ref block, table, null);
            if (block.Selection == Selection.Weighted)
                VoxelTermKernel<TLanes>.Add<Yes>(block, sum.Definition, sums.Term, values.Rows.First);
            else
                VoxelTermKernel<TLanes>.Add<No>(block, sum.Definition, sums.Term, values.Rows.First);
        }

        // Where weights are 0 or 1 all that does not count is 0 already, but for bytes.
        if (block.Selection == Selection.Weighted || (block.Selection == Selection.Masked && default(TTarget) is IBytes))
            Add<Yes>(block, sums);
        else
            Add<No>(block, sums);
    }

    /// <inheritdoc/>
    public override void Spread(
        ref VoxelBlock<TLanes> block, in HostSum sum, in ClassTable<TLanes> table, double coefficient, ValueRows seeds, ClassRows gradient,
        bool streams)
    {
        var hasSeeds = seeds.Rows.First != null;
        if (default(TTerm) is IRowsTerm)
        {
            Softmax<RowsTerm>(ref block, table, null);
            if (block.Selection == Selection.All)
                TermRowsKernel<TLanes, TTarget, No>.Differentiate(block, sum, coefficient, seeds.Rows, seeds.PerClass);
            else
                TermRowsKernel<TLanes, TTarget, Yes>.Differentiate(block, sum, coefficient, seeds.Rows, seeds.PerClass);
            Write<RowsTerm>(block, table, gradient, streams);
        }
        else if (default(TTarget) is IShared)
        {
            Softmax<NoTerm>(ref block, table, null);
            if (hasSeeds)
                VoxelTermKernel<TLanes>.Seed(block, isFocal: false, coefficient, seeds.Rows.First);
            if (default(TTerm) is not IHasTerm)
                Write<NoTerm>(block, table, gradient, streams);
            else if (hasSeeds)
                Write<SeededTerm>(block, table, gradient, streams);
            else
                Write<SharedTerm>(block, table, gradient, streams);
        }
        else if (default(TTerm) is IFocalTerm)
        {
            Softmax<VoxelsTerm>(ref block, table, null);
            VoxelTermKernel<TLanes>.Differentiate(block, sum.Definition);
            if (hasSeeds)
                VoxelTermKernel<TLanes>.Seed(block, isFocal: true, coefficient, seeds.Rows.First);
            Write<FocalTerm>(block, table, gradient, streams);
        }
        else if (hasSeeds)
        {
            Softmax<RestTerm>(ref block, table, null);
            VoxelTermKernel<TLanes>.Seed(block, isFocal: false, coefficient, seeds.Rows.First);
            Write<FocalTerm>(block, table, gradient, streams);
        }
        else if (default(TTerm) is IOwnTerm)
        {
            Softmax<RestTerm>(ref block, table, null);
            Write<VoxelsTerm>(block, table, gradient, streams);
        }
        else
        {
            Softmax<NoTerm>(ref block, table, null);
            Write<TTerm>(block, table, gradient, streams);
        }
    }

    /// <summary>The softmax of a block.</summary>
    /// <returns>Whether the logits were small enough for the product, where that is asked for.</returns>
    internal static bool Softmax<TForm>(ref VoxelBlock<TLanes> block, in ClassTable<TLanes> table, CrossEntropySums<TLanes>* product)
        where TForm : struct, ITermPolicy => block.Selection == Selection.All
        ? Softmax<TForm, No>(ref block, table, product)
        : Softmax<TForm, Yes>(ref block, table, product);

    private static bool Softmax<TForm, TMasked>(
        ref VoxelBlock<TLanes> block, in ClassTable<TLanes> table, CrossEntropySums<TLanes>* product)
        where TForm : struct, ITermPolicy
        where TMasked : struct, IPolicy
    {
        if (default(TForm) is IRowsTerm)
            return SoftmaxKernel<TLanes, TTarget, TMasked, RowsTerm, Yes>.Run(block, table, null);
        if (SoftmaxKernel<TLanes, TTarget, TMasked, TForm, No>.Run(block, table, product))
        {
            if (default(TForm) is IVoxelwiseTerm)
                VoxelTermKernel<TLanes>.TakeLogarithms<TForm, No>(block);
            return true;
        }

        block.ReloadLogits();
        if (default(TForm) is IProductTerm)
            return false;
        SoftmaxKernel<TLanes, TTarget, TMasked, TForm, Yes>.Run(block, table, product);
        if (default(TForm) is IVoxelwiseTerm)
            VoxelTermKernel<TLanes>.TakeLogarithms<TForm, Yes>(block);
        return true;
    }

    private static void Add<TWeighted>(in VoxelBlock<TLanes> block, in ReduceSums<TLanes> sums)
        where TWeighted : struct, IPolicy
    {
        if (ReduceKernel<TLanes, TTarget, TWeighted, TOverlap>.IsNeeded)
            ReduceKernel<TLanes, TTarget, TWeighted, TOverlap>.Add(block, sums.Classes);
    }

    private static void Write<TForm>(in VoxelBlock<TLanes> block, in ClassTable<TLanes> table, ClassRows gradient, bool streams)
        where TForm : struct, ITermPolicy
    {
        if (block.Selection == Selection.All && streams)
            SpreadKernel<TLanes, TTarget, No, TOverlap, TForm, Yes>.Write(block, table, gradient);
        else if (block.Selection == Selection.All)
            SpreadKernel<TLanes, TTarget, No, TOverlap, TForm, No>.Write(block, table, gradient);
        else if (streams)
            SpreadKernel<TLanes, TTarget, Yes, TOverlap, TForm, Yes>.Write(block, table, gradient);
        else
            SpreadKernel<TLanes, TTarget, Yes, TOverlap, TForm, No>.Write(block, table, gradient);
    }
}
