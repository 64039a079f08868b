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
            Softmax<RowsTerm>(ref block, table, null, out _);
            if (block.Selection == Selection.All)
                TermRowsKernel<TLanes, TTarget, No>.Add(block, sum, sums.Term, values.Rows, values.PerClass);
            else
                TermRowsKernel<TLanes, TTarget, Yes>.Add(block, sum, sums.Term, values.Rows, values.PerClass);
        }
        else if (default(TTerm) is not IHasTerm)
        {
            Softmax<NoTerm>(ref block, table, null, out _);
        }
        else if (default(TTerm) is IFocalTerm)
        {
            Softmax<VoxelsTerm>(ref block, table, null, out var isWide);
            VoxelTermKernel<TLanes>.TakeLogarithms(block, isWide);
            if (block.Selection == Selection.Weighted)
                VoxelTermKernel<TLanes>.Add<Yes>(block, sum.Definition, sums.Term, values.Rows.First);
            else
                VoxelTermKernel<TLanes>.Add<No>(block, sum.Definition, sums.Term, values.Rows.First);
        }
        else if (default(TTerm) is not IProductTerm || block.Selection == Selection.Weighted
            || !Softmax<ProductTerm>(ref block, table, sums.Product, out _))
        {
            // Of large logits too, where the product was not taken.
            if (default(TTarget) is IShared)
                AddLogarithms<SharedTerm>(ref block, table, sums, values);
            else if (default(TTerm) is IEqualTerm)
                AddLogarithms<EqualTerm>(ref block, table, sums, values);
            else
                AddLogarithms<VoxelsTerm>(ref block, table, sums, values);
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
            Softmax<RowsTerm>(ref block, table, null, out _);
            if (block.Selection == Selection.All)
                TermRowsKernel<TLanes, TTarget, No>.Differentiate(block, sum, coefficient, seeds.Rows, seeds.PerClass);
            else
                TermRowsKernel<TLanes, TTarget, Yes>.Differentiate(block, sum, coefficient, seeds.Rows, seeds.PerClass);
            Write<RowsTerm>(block, table, gradient, streams);
        }
        else if (default(TTarget) is IShared)
        {
            Softmax<NoTerm>(ref block, table, null, out _);
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
            Softmax<VoxelsTerm>(ref block, table, null, out var isWide);
            VoxelTermKernel<TLanes>.TakeLogarithms(block, isWide);
            VoxelTermKernel<TLanes>.Differentiate(block, sum.Definition);
            if (hasSeeds)
                VoxelTermKernel<TLanes>.Seed(block, isFocal: true, coefficient, seeds.Rows.First);
            Write<FocalTerm>(block, table, gradient, streams);
        }
        else if (hasSeeds)
        {
            Softmax<RestTerm>(ref block, table, null, out _);
            VoxelTermKernel<TLanes>.Seed(block, isFocal: false, coefficient, seeds.Rows.First);
            if (default(TTerm) is IEqualTerm)
                Write<SeededEqualTerm>(block, table, gradient, streams);
            else
                Write<FocalTerm>(block, table, gradient, streams);
        }
        else if (default(TTerm) is IKeepsRest)
        {
            Softmax<RestTerm>(ref block, table, null, out _);
            Write<TTerm>(block, table, gradient, streams);
        }
        else
        {
            Softmax<NoTerm>(ref block, table, null, out _);
            Write<TTerm>(block, table, gradient, streams);
        }
    }

    /// <summary>The softmax of a block.</summary>
    /// <param name="block">The block.</param>
    /// <param name="table">The factors of the classes in the voxel term.</param>
    /// <param name="product">The running cross-entropy, where that is asked for.</param>
    /// <param name="isWide">Whether the logits were large, and the exponents are left in another unit.</param>
    /// <returns>Whether the logits were small enough for the product, where that is asked for.</returns>
    internal static bool Softmax<TForm>(
        ref VoxelBlock<TLanes> block, in ClassTable<TLanes> table, CrossEntropySums<TLanes>* product, out bool isWide)
        where TForm : struct, ITermPolicy => block.HasZeros
        ? Softmax<TForm, Yes>(ref block, table, product, out isWide)
        : Softmax<TForm, No>(ref block, table, product, out isWide);

    private static bool Softmax<TForm, TMasked>(
        ref VoxelBlock<TLanes> block, in ClassTable<TLanes> table, CrossEntropySums<TLanes>* product, out bool isWide)
        where TForm : struct, ITermPolicy
        where TMasked : struct, IPolicy
    {
        isWide = default(TForm) is IRowsTerm;
        if (default(TForm) is IRowsTerm)
            return SoftmaxKernel<TLanes, TTarget, TMasked, RowsTerm, Yes>.Run(block, table, null);
        if (SoftmaxKernel<TLanes, TTarget, TMasked, TForm, No>.Run(block, table, product))
            return true;
        block.ReloadLogits();
        isWide = true;
        return default(TForm) is not IProductTerm && SoftmaxKernel<TLanes, TTarget, TMasked, TForm, Yes>.Run(block, table, product);
    }

    private static void AddLogarithms<TForm>(
        ref VoxelBlock<TLanes> block, in ClassTable<TLanes> table, in ReduceSums<TLanes> sums, ValueRows values)
        where TForm : struct, ITermPolicy
    {
        Softmax<TForm>(ref block, table, null, out var isWide);
        if (block.Selection == Selection.Weighted || (block.HasZeros && default(TForm) is IEqualTerm))
            VoxelTermKernel<TLanes>.AddLogarithms<TForm, Yes>(block, isWide, sums.Term, values.Rows.First);
        else
            VoxelTermKernel<TLanes>.AddLogarithms<TForm, No>(block, isWide, sums.Term, values.Rows.First);
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
        if (streams)
            Write<TForm, Yes>(block, table, gradient);
        else
            Write<TForm, No>(block, table, gradient);
    }

    private static void Write<TForm, TStreaming>(in VoxelBlock<TLanes> block, in ClassTable<TLanes> table, ClassRows gradient)
        where TForm : struct, ITermPolicy
        where TStreaming : struct, IPolicy
    {
        if (block.Selection == Selection.All)
            SpreadKernel<TLanes, TTarget, No, TOverlap, TForm, TStreaming>.Write(block, table, gradient);
        else if (block.HasZeros)
            SpreadKernel<TLanes, TTarget, Yes, TOverlap, TForm, TStreaming>.Write(block, table, gradient);
        else
            SpreadKernel<TLanes, TTarget, Positive, TOverlap, TForm, TStreaming>.Write(block, table, gradient);
    }
}
