using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host.General;

/// <summary>What the general passes read, in host memory. All tensors are contiguous.</summary>
public readonly unsafe struct GeneralArguments
{
    /// <summary>The sizes.</summary>
    public required LogitsShape Shape { get; init; }

    /// <summary>Logits [N, C, V].</summary>
    public required void* Logits { get; init; }

    /// <summary>The type of the logits and of the gradient.</summary>
    public required LogitsType LogitsType { get; init; }

    /// <summary>The target, [N, V] or [N, C, V].</summary>
    public required void* Target { get; init; }

    /// <summary>What it holds.</summary>
    public required TargetKind TargetKind { get; init; }

    /// <summary>The type of the labels, where it holds these.</summary>
    public LabelType LabelType { get; init; }

    /// <summary>The label of the voxels that do not count.</summary>
    public int IgnoreIndex { get; init; }

    /// <summary>Whether numbers outside of 0 to 1 in the target are counted with the invalid labels.</summary>
    public bool ChecksTarget { get; init; }

    /// <summary>The weights of the voxels [N, V], or null.</summary>
    public void* Mask { get; init; }

    /// <summary>Their type.</summary>
    public MaskKind MaskKind { get; init; }

    /// <summary>The sums, as <see cref="SumPlan"/> lays them out.</summary>
    public required double* Plan { get; init; }

    /// <summary>The number of sums.</summary>
    public required int Sums { get; init; }

    /// <summary>The sum whose voxel term is also wanted voxel by voxel.</summary>
    public int ValueSum { get; init; }

    /// <summary>Whether that is [N, C, V], class by class, and not [N, V].</summary>
    public bool ValuesPerClass { get; init; }
}
