using GpuLoss.Kernels.Objective;

namespace GpuLoss.Interop.Engines;

/// <summary>The element types a target of class indices may have.</summary>
public enum TargetType
{
    /// <summary>One byte per voxel, 0 to 255.</summary>
    UInt8,

    /// <summary>Eight bytes per voxel.</summary>
    Int64,
}

/// <summary>One call of a loss: what to compute, on which sizes and types. Logits are contiguous float32 [N, C, *S].</summary>
/// <param name="Definition">The loss.</param>
/// <param name="Shape">The sizes.</param>
/// <param name="Target">The element type of the labels, contiguous [N, *S].</param>
/// <param name="IgnoreIndex">Voxels with this label do not exist for the loss. Between the limits of int32, themselves excluded.</param>
/// <param name="HasClassWeights">Whether any class weight differs from 1.</param>
public readonly record struct LossProblem(
    LossDefinition Definition, LogitsShape Shape, TargetType Target, long IgnoreIndex, bool HasClassWeights);
