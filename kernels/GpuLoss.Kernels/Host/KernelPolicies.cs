namespace GpuLoss.Kernels.Host;

/// <summary>A yes or no that is resolved when a kernel is compiled, so that the other branch does not exist in its code.</summary>
internal interface IPolicy
{
    static abstract bool Holds { get; }
}

internal readonly struct Yes : IPolicy
{
    public static bool Holds => true;
}

internal readonly struct No : IPolicy
{
    public static bool Holds => false;
}

/// <summary>What Reduce sums of the cross-entropy of each voxel.</summary>
internal enum CrossEntropySum
{
    None,
    Unweighted,
    Weighted,

    /// <summary>Weighted, and each voxel has a factor of its own.</summary>
    Focal,
}

/// <summary>A <see cref="CrossEntropySum"/> that is resolved when a kernel is compiled.</summary>
internal interface ICrossEntropyPolicy
{
    static abstract CrossEntropySum Sum { get; }
}

internal readonly struct NoCrossEntropy : ICrossEntropyPolicy
{
    public static CrossEntropySum Sum => CrossEntropySum.None;
}

internal readonly struct UnweightedCrossEntropy : ICrossEntropyPolicy
{
    public static CrossEntropySum Sum => CrossEntropySum.Unweighted;
}

internal readonly struct WeightedCrossEntropy : ICrossEntropyPolicy
{
    public static CrossEntropySum Sum => CrossEntropySum.Weighted;
}

internal readonly struct FocalCrossEntropy : ICrossEntropyPolicy
{
    public static CrossEntropySum Sum => CrossEntropySum.Focal;
}

/// <summary>The form of the overlap term's derivative dL/dp.</summary>
internal enum OverlapForm
{
    /// <summary>There is no overlap term.</summary>
    None,

    /// <summary>One value in the voxels of a class and one in the others.</summary>
    Constant,

    /// <summary>The same and a multiple of p.</summary>
    Linear,
}

/// <summary>An <see cref="OverlapForm"/> that is resolved when a kernel is compiled.</summary>
internal interface IOverlapPolicy
{
    static abstract OverlapForm Form { get; }
}

internal readonly struct NoOverlap : IOverlapPolicy
{
    public static OverlapForm Form => OverlapForm.None;
}

internal readonly struct ConstantOverlap : IOverlapPolicy
{
    public static OverlapForm Form => OverlapForm.Constant;
}

internal readonly struct LinearOverlap : IOverlapPolicy
{
    public static OverlapForm Form => OverlapForm.Linear;
}
