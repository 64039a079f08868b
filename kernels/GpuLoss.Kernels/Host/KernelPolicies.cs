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
