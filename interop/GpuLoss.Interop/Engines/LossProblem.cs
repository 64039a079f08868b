using GpuLoss.Kernels.Objective;

namespace GpuLoss.Interop.Engines;

/// <summary>One call of a loss: what to compute, on which sizes, types and strides.</summary>
/// <param name="Definition">The loss.</param>
/// <param name="Shape">The sizes.</param>
/// <param name="Logits">The element type of logits [N, C, *S] and of their gradient. The loss, of one or more values, and the
/// gradient by it are of type Float64 where this is Float64, else of type Float32.</param>
/// <param name="Target">The element type of the labels [N, *S].</param>
/// <param name="Layout">Where logits, labels and gradient lie; null where all of them are contiguous.</param>
/// <param name="IgnoreIndex">Voxels with this label do not exist for the loss. Between the limits of int32, themselves excluded.</param>
/// <param name="HasClassWeights">Whether any class weight differs from 1, or cross-entropy is focal, which is summed per class.</param>
internal readonly record struct LossProblem(
    LossDefinition Definition, LogitsShape Shape, LogitsType Logits, LabelType Target, VolumeLayout? Layout, long IgnoreIndex,
    bool HasClassWeights)
{
    /// <summary>Whether a forward on a GPU waits for its own count of invalid labels, to report them itself.</summary>
    public bool ChecksLabelsAtOnce { get; init; }
}
