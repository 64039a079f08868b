using GpuLoss.Kernels.Objective;

namespace GpuLoss.Interop.Engines;

/// <summary>One pass over the voxels: which sums to take, on which sizes, types and strides. Values and seeds are contiguous.</summary>
/// <param name="Shape">The sizes.</param>
/// <param name="Logits">The element type of logits [N, C, *S] and of their gradient. A loss and its values are float64 where this is, else
/// float32.</param>
/// <param name="Target">What the target holds: class indices [N, *S], or numbers [N, C, *S].</param>
/// <param name="Label">The element type of class indices; of no meaning for another target.</param>
/// <param name="Mask">What the voxel weights [N, *S] hold.</param>
/// <param name="IgnoreIndex">Voxels with this class index do not exist for the loss. Between the limits of int32, themselves
/// excluded.</param>
/// <param name="Sums">The sums, as the plan has them too; 1 to <see cref="SumDefinition.Most"/>.</param>
internal readonly record struct LossProblem(
    LogitsShape Shape, LogitsType Logits, TargetKind Target, LabelType Label, MaskKind Mask, long IgnoreIndex,
    IReadOnlyList<SumDefinition> Sums)
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

    /// <summary>The sizes of statistics: a row for each sum and sample.</summary>
    public LogitsShape Rows => Shape with { Samples = checked(Sums.Count * Shape.Samples) };

    /// <summary>The number of values.</summary>
    public long Values => HasValues ? Shape.Samples * Shape.Voxels * (ValuesPerClass ? Shape.Classes : 1) : 0;

    /// <summary>The bytes of a target, where it is contiguous.</summary>
    public long TargetBytes =>
        Shape.Samples * Shape.Voxels * (
            Target == TargetKind.Labels ? ElementTypes.SizeOf(Label) : Shape.Classes * ElementTypes.SizeOf(Target));

    /// <summary>The bytes of the voxel weights, where they are contiguous.</summary>
    public long MaskBytes => Shape.Samples * Shape.Voxels * ElementTypes.SizeOf(Mask);
}

/// <summary>What both directions of a pass read.</summary>
/// <param name="Logits">[N, C, *S].</param>
/// <param name="Target">[N, *S] or [N, C, *S].</param>
/// <param name="Mask">[N, *S]; of no meaning where there is none.</param>
/// <param name="Plan">float64, a row for each sum, laid out as <see cref="SumPlan"/> says.</param>
internal readonly record struct LossTensors(nint Logits, nint Target, nint Mask, nint Plan);

/// <summary>A loss as a function of the statistics of one sum.</summary>
/// <param name="Definition">The loss.</param>
/// <param name="Shape">The sizes that the statistics are of.</param>
/// <param name="Logits">As <see cref="LossProblem.Logits"/>.</param>
internal readonly record struct ScoreProblem(LossDefinition Definition, LogitsShape Shape, LogitsType Logits);

/// <summary>What takes the value of a loss.</summary>
/// <param name="Problem">The loss.</param>
/// <param name="Weights">float64 [C], the class weights, all 1 where it is unweighted.</param>
/// <param name="Value">Receives the value, or the values where the loss is not reduced, in float32, or float64 where the logits are
/// float64.</param>
internal readonly record struct ScoreCall(ScoreProblem Problem, nint Weights, nint Value);
