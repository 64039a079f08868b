using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>What Reduce and Spread read, in host memory.</summary>
public readonly unsafe struct HostArguments
{
    /// <summary>The loss.</summary>
    public required LossDefinition Loss { get; init; }

    /// <summary>The sizes.</summary>
    public required LogitsShape Shape { get; init; }

    /// <summary>Logits [N, C, *S].</summary>
    public required void* Logits { get; init; }

    /// <summary>The type of the logits and of the gradient.</summary>
    public required LogitsType LogitsType { get; init; }

    /// <summary>Labels [N, *S].</summary>
    public required void* Labels { get; init; }

    /// <summary>The type of the labels.</summary>
    public required LabelType LabelType { get; init; }

    /// <summary>Where logits, labels and gradient lie; null where all of them are contiguous.</summary>
    public VolumeLayout? Layout { get; init; }

    /// <summary>The label of the voxels that do not count.</summary>
    public required int IgnoreIndex { get; init; }

    /// <summary>C class weights of the cross-entropy, or null where all are 1 and it is no focal loss.</summary>
    public required double* Weights { get; init; }
}
