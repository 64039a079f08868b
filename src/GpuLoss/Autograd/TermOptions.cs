using GpuLoss.Kernels.Objective;

namespace GpuLoss.Autograd;

/// <summary>What a loss asks of the passes over the voxels besides its definition.</summary>
internal sealed record TermOptions
{
    /// <summary>Softmax, hard classes, and nothing else.</summary>
    public static TermOptions Plain { get; } = new();

    /// <summary>The activation of the overlap term.</summary>
    public Activation Activation { get; init; } = Activation.Softmax;

    /// <summary>The activation of the voxel term.</summary>
    public Activation VoxelActivation { get; init; } = Activation.Softmax;

    /// <summary>Whether I is made of (|p| + |t| - |p - t|) / 2. With class indices and p from 0 to 1 that is p·t.</summary>
    public bool SoftLabel { get; init; }

    /// <summary>The distances between classes [C, C], row by row, where I of a class is the distance of its predictions from it; see
    /// <see cref="SumDefinition.Distances"/>. Else null.</summary>
    public double[]? Distances { get; init; }

    /// <summary>The factor of 1 - p beside -ln p in the voxel term, as <see cref="SumDefinition.Poly"/>.</summary>
    public double Poly { get; init; }

    /// <summary>The label smoothing of the voxel term.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>With a sigmoid, the factors of the voxels of a class besides its weight; null where they are 1.</summary>
    public ClassWeights? PositiveWeights { get; init; }

    /// <summary>Without a softmax, the factor of the voxels of a class, that of all others being 1 less this; where only a voxel's own
    /// class has a share in the term, the factor of all classes but the background, whose is 1 less this. Null where all are 1.</summary>
    public double? Alpha { get; init; }

    /// <summary>The share of the voxels, in percent, whose voxel terms are the largest and alone count; null where all do.</summary>
    public double? TopPercent { get; init; }

    /// <summary>Whether the voxel term is not reduced.</summary>
    public bool Unreduced { get; init; }

    /// <summary>Whether what is not reduced has a value for each class.</summary>
    public bool UnreducedPerClass { get; init; }
}
