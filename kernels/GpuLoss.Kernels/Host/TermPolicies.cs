namespace GpuLoss.Kernels.Host;

/// <summary>What a pass does about the voxel term of a sum.</summary>
internal enum TermForm
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>Its logarithms are taken of products over many voxels: cross-entropy where all classes and voxels weigh the same.</summary>
    Product,

    /// <summary>It is computed voxel by voxel, each with a logarithm.</summary>
    Voxels,

    /// <summary>Likewise, and it is no multiple of -ln p: focal loss, poly-1.</summary>
    Focal,

    /// <summary>It is computed voxel by voxel and class by class, in rows of their own.</summary>
    Rows,
}

/// <summary>
/// A <see cref="TermForm"/> as the kernels are compiled for it, which tell apart whether only the voxel's own class has a share in the term
/// or all classes have.
/// </summary>
internal interface ITermPolicy;

/// <summary>There is a term.</summary>
internal interface IHasTerm : ITermPolicy;

/// <summary>Its logarithms are taken of products.</summary>
internal interface IProductTerm : IHasTerm;

/// <summary>It is left in the block for each voxel.</summary>
internal interface IVoxelwiseTerm : IHasTerm;

/// <summary>It has to do with the voxel's own class alone, and that class has its own factor.</summary>
internal interface IOwnTerm : IHasTerm;

/// <summary>Likewise, and the factor is the same for all classes.</summary>
internal interface IEqualTerm : IHasTerm;

/// <summary>All classes have a share.</summary>
internal interface ISharedTerm : IHasTerm;

/// <summary>1 - p of the own class is summed from the other classes: where p is almost 1, 1 - p as a difference would have no
/// digits.</summary>
internal interface IKeepsRest : ITermPolicy;

/// <summary>Its gradient has a factor for each voxel.</summary>
internal interface IHasVoxelFactor : IHasTerm;

/// <summary>It is no multiple of -ln p.</summary>
internal interface IFocalTerm : IHasTerm;

/// <summary>It is focal loss with γ = 2: without powers.</summary>
internal interface ISquareTerm : IFocalTerm;

/// <summary>It is in rows.</summary>
internal interface IRowsTerm : IHasTerm;

internal readonly struct NoTerm : ITermPolicy;

/// <summary>See <see cref="TermForm.Product"/>.</summary>
internal readonly struct ProductTerm : IProductTerm, IEqualTerm;

/// <summary>See <see cref="TermForm.Voxels"/>. With the softmax, of the voxel's own class alone.</summary>
internal readonly struct VoxelsTerm : IVoxelwiseTerm, IOwnTerm, IKeepsRest;

/// <summary>The same where all classes weigh the same.</summary>
internal readonly struct EqualTerm : IVoxelwiseTerm, IEqualTerm, IKeepsRest;

/// <summary>The same with a factor for each voxel: the gradient of focal loss and its like, and of values.</summary>
internal readonly struct FocalTerm : IVoxelwiseTerm, IOwnTerm, IKeepsRest, IHasVoxelFactor, IFocalTerm;

/// <summary>With the sigmoid, focal loss as it was published.</summary>
internal readonly struct SquareTerm : IVoxelwiseTerm, ISquareTerm;

/// <summary>The same where all classes weigh the same.</summary>
internal readonly struct SeededEqualTerm : IEqualTerm, IKeepsRest, IHasVoxelFactor;

/// <summary>With the softmax, a term of all classes.</summary>
internal readonly struct SharedTerm : IVoxelwiseTerm, ISharedTerm;

/// <summary>The same with a factor for each voxel.</summary>
internal readonly struct SeededTerm : ISharedTerm, IHasVoxelFactor;

/// <summary>Of the softmax 1 - p of the own class is asked for, and no term.</summary>
internal readonly struct RestTerm : IKeepsRest;

/// <summary>See <see cref="TermForm.Rows"/>.</summary>
internal readonly struct RowsTerm : IRowsTerm;
