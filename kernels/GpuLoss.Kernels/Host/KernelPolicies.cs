using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>
/// A yes or no that is resolved when a kernel is compiled: <c>typeof(TPolicy) == typeof(Yes)</c>. The compiler knows the answer before it
/// reads the branch that is not taken. Of a property it learns the answer when it has, and so many variables has it met in dead branches by
/// then that it stops inlining: such a kernel took six times as long.
/// </summary>
internal interface IPolicy;

internal readonly struct Yes : IPolicy;

internal readonly struct No : IPolicy;

/// <summary>Yes, and all are above 0.</summary>
internal readonly struct Positive : IPolicy;

/// <summary>What a kernel finds in the target. Policies with several answers have an interface for each question: <c>default(TTarget) is
/// IIndices</c>.</summary>
internal interface ITargetPolicy;

/// <summary>The target is a row of class indices, and not a row of numbers for every class.</summary>
internal interface IIndices : ITargetPolicy;

/// <summary>All classes have a share in the voxel term, and not the voxel's own alone.</summary>
internal interface IShared : ITargetPolicy;

/// <summary>t is 0 or 1, also after label smoothing: there is none.</summary>
internal interface IHard : ITargetPolicy;

/// <summary>The rows of numbers are of bytes.</summary>
internal interface IBytes : ITargetPolicy;

/// <summary>Class indices.</summary>
internal readonly struct Indices : IIndices, IHard;

/// <summary>Class indices with label smoothing.</summary>
internal readonly struct SmoothedIndices : IIndices, IShared;

/// <summary>A number for every class.</summary>
internal readonly struct Numbers : IShared;

/// <summary>A byte for every class.</summary>
internal readonly struct Bytes : IShared, IBytes;

/// <summary>A byte for every class, 0 or 1, of which nothing else is made.</summary>
internal readonly struct Decisions : IShared, IBytes, IHard;

/// <summary>The sums of the overlap.</summary>
internal interface IOverlapPolicy
{
    static abstract OverlapSums Sums { get; }
}

/// <summary>There are any.</summary>
internal interface IHasSums : IOverlapPolicy;

/// <summary>I = Σ p·t.</summary>
internal interface IProductSums : IHasSums;

/// <summary>P = Σ p².</summary>
internal interface ISquaredSums : IProductSums;

internal readonly struct NoOverlap : IOverlapPolicy
{
    public static OverlapSums Sums => OverlapSums.None;
}

internal readonly struct ProductOverlap : IProductSums
{
    public static OverlapSums Sums => OverlapSums.Product;
}

internal readonly struct SquaredOverlap : ISquaredSums
{
    public static OverlapSums Sums => OverlapSums.Squared;
}

internal readonly struct AbsoluteOverlap : IHasSums
{
    public static OverlapSums Sums => OverlapSums.Absolute;
}

/// <summary>Which voxels of a block count.</summary>
internal enum Selection
{
    /// <summary>All of them, and all the same.</summary>
    All,

    /// <summary>Some, and these the same: weights are 0 or 1.</summary>
    Masked,

    /// <summary>Each with its weight.</summary>
    Weighted,
}
