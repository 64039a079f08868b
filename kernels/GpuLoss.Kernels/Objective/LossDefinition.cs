namespace GpuLoss.Kernels.Objective;

/// <summary>How the values over samples and classes, or over voxels, become a scalar.</summary>
public enum ScalarReduction
{
    /// <summary>Their mean; for cross-entropy, weighted by the class weights.</summary>
    Mean,

    /// <summary>Their sum.</summary>
    Sum,
}

/// <summary>
/// A segmentation loss as data: an overlap term plus <see cref="CrossEntropyScale"/> times softmax cross-entropy. This is the one definition
/// that <see cref="Score"/> evaluates on host and device.
/// </summary>
public readonly record struct LossDefinition
{
    /// <summary>The overlap term.</summary>
    public OverlapTerm Overlap { get; init; }

    /// <summary>The factor of cross-entropy in the whole loss; 0 leaves it out.</summary>
    public double CrossEntropyScale { get; init; }

    /// <summary>The reduction of both terms.</summary>
    public ScalarReduction Reduction { get; init; }

    /// <summary>Whether the cross-entropy of each voxel is needed.</summary>
    public bool HasCrossEntropy => CrossEntropyScale != 0;
}
