using GpuLoss.Kernels.Objective;

namespace GpuLoss.Interop.Engines;

/// <summary>One general pass over the voxels: which sums to take, on which sizes and types. Values and seeds are contiguous.</summary>
/// <param name="Shape">The sizes.</param>
/// <param name="Logits">The element type of logits [N, C, *S] and of their gradient.</param>
/// <param name="Target">What the target holds: class indices [N, *S], or numbers [N, C, *S].</param>
/// <param name="Label">The element type of class indices; of no meaning for another target.</param>
/// <param name="Mask">What the voxel weights [N, *S] hold.</param>
/// <param name="IgnoreIndex">Voxels with this class index do not exist for the loss. Between the limits of int32, themselves excluded.</param>
/// <param name="Sums">How many <see cref="SumDefinition"/>s the plan has, 1 to <see cref="SumDefinition.Most"/>.</param>
internal readonly record struct GeneralProblem(
    LogitsShape Shape, LogitsType Logits, TargetKind Target, LabelType Label, MaskKind Mask, long IgnoreIndex, int Sums)
{
    /// <summary>Where logits, target, weights and gradient lie; null where all of them are contiguous.</summary>
    public VolumeLayout? Layout { get; init; }

    /// <summary>Whether a reduction on a GPU waits for its own count of invalid labels and weights, to report them itself.</summary>
    public bool ChecksLabelsAtOnce { get; init; }

    /// <summary>Whether numbers outside of 0 to 1 in a target that holds numbers are counted with the invalid labels.</summary>
    public bool ChecksTarget { get; init; }

    /// <summary>Whether the unreduced voxel term of one sum is asked for, and its gradient has a factor for each of the values.</summary>
    public bool HasValues { get; init; }

    /// <summary>Whether these values are [N, C, *S], one for each class, and not [N, *S].</summary>
    public bool ValuesPerClass { get; init; }

    /// <summary>The sum whose voxel term they are.</summary>
    public int ValueSum { get; init; }
}

/// <summary>What both directions of a general pass read.</summary>
/// <param name="Logits">[N, C, *S].</param>
/// <param name="Target">[N, *S] or [N, C, *S].</param>
/// <param name="Mask">[N, *S]; of no meaning where there is none.</param>
/// <param name="Plan">float64, a row for each sum, laid out as <see cref="SumPlan"/> says.</param>
internal readonly record struct GeneralTensors(nint Logits, nint Target, nint Mask, nint Plan);
