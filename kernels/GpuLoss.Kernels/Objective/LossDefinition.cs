namespace GpuLoss.Kernels.Objective;

/// <summary>How the values over samples and classes, or over voxels, become a scalar.</summary>
internal enum ScalarReduction
{
    /// <summary>Their mean; for cross-entropy, weighted by the class weights.</summary>
    Mean,

    /// <summary>Their sum.</summary>
    Sum,

    /// <summary>They do not: every value of the overlap term is a result of its own.</summary>
    None,
}

/// <summary>What the mean of the voxel term divides by.</summary>
internal enum VoxelMean
{
    /// <summary>The sum of the weights of the voxels that count, as torch's cross-entropy.</summary>
    Weights,

    /// <summary>The number of classes that count times that of voxels that count, as MONAI's focal loss.</summary>
    Elements,

    /// <summary>The number of voxels that count, as torch's cross-entropy of probabilities.</summary>
    Voxels,
}

/// <summary>
/// A segmentation loss as data: an overlap term plus <see cref="VoxelTermScale"/> times softmax cross-entropy or focal loss. This is the
/// one definition that <see cref="Score"/> evaluates on host and device.
/// </summary>
internal readonly record struct LossDefinition
{
    /// <summary>The overlap term.</summary>
    public OverlapTerm Overlap { get; init; }

    /// <summary>The factor of cross-entropy in the whole loss; 0 leaves it out.</summary>
    public double VoxelTermScale { get; init; }

    /// <summary>
    /// The power of 1 - p that cross-entropy is multiplied by, p being the probability of the voxel's own class: focal loss (Lin 2017,
    /// arXiv 1708.02002, equation 4). 0 is cross-entropy.
    /// </summary>
    public double FocalGamma { get; init; }

    /// <summary>What the mean of cross-entropy divides by.</summary>
    public VoxelMean VoxelMean { get; init; }

    /// <summary>The first class that a mean over the elements counts; where that is 1, the weight of the background is 0.</summary>
    public int FirstVoxelClass { get; init; }

    /// <summary>The reduction of both terms.</summary>
    public ScalarReduction Reduction { get; init; }

    /// <summary>Whether the cross-entropy of each voxel is needed.</summary>
    public bool HasVoxelTerm => VoxelTermScale != 0;
}
