using GpuLoss.Kernels.Objective;

namespace GpuLoss.Interop.Engines;

/// <summary>
/// Runs the steps of a loss on memory of one kind of device. Every address is memory of that device, allocated by the caller and in
/// use until the work given to the engine has run; an engine on a GPU only enqueues.
/// </summary>
internal interface ILossEngine
{
    /// <summary>The type of the coefficients of <see cref="Spread"/>: Float32 or Float64.</summary>
    LogitsType CoefficientType { get; }

    /// <summary>
    /// Whether the engine reads these types and strides in place. Where it does not, the caller makes contiguous tensors of types it takes
    /// first.
    /// </summary>
    bool Takes(LossProblem problem);

    /// <summary>The float64 elements of scratch memory that <see cref="Reduce"/> asks for.</summary>
    long ScratchElements(LossProblem problem);

    /// <summary>The statistics of all sums in one pass over the voxels.</summary>
    /// <param name="problem">The pass.</param>
    /// <param name="tensors">What it reads, in the types and strides that the problem names.</param>
    /// <param name="scratch">float64 [<see cref="ScratchElements"/>].</param>
    /// <param name="statistics">Receives float64 [sums, N, 3·C + 3].</param>
    /// <param name="values">Receives the voxel term of one sum, [N, *S] or [N, C, *S] as the problem says, in float32, or float64 where the
    /// logits are float64; 0 in voxels that do not exist. 0 where no values are asked for.</param>
    /// <param name="score">A loss to be scored with it, where the only sum is of no whole but its own: on a GPU it saves a launch.</param>
    /// <exception cref="ArgumentException">On a GPU: an earlier reduction, which has been found out by now, had invalid labels. Nothing of
    /// this one has been enqueued.</exception>
    void Reduce(LossProblem problem, LossTensors tensors, nint scratch, nint statistics, nint values, ScoreCall? score = null);

    /// <summary>The value of a loss.</summary>
    /// <param name="score">The loss.</param>
    /// <param name="statistics">float64 [N, 3·C + 3].</param>
    void Score(ScoreCall score, nint statistics);

    /// <summary>The coefficients of the gradient of a loss.</summary>
    /// <param name="problem">The loss.</param>
    /// <param name="weights">float64 [C], as in <see cref="ScoreCall"/>.</param>
    /// <param name="statistics">float64 [N, 3·C + 3], as in <see cref="Score"/>.</param>
    /// <param name="lossGradient">The gradient with respect to the loss, in the type of the loss.</param>
    /// <param name="coefficients">Receives those of one sum, as <see cref="Spread"/> takes them.</param>
    void ScoreGradient(ScoreProblem problem, nint weights, nint statistics, nint lossGradient, nint coefficients);

    /// <summary>The gradient of any function of the statistics and of the values.</summary>
    /// <param name="problem">The pass.</param>
    /// <param name="tensors">What it reads.</param>
    /// <param name="coefficients">[sums, N, C, 4] of <see cref="CoefficientType"/>: the derivatives by I and by P, twice the latter where P
    /// is squared (and 0 before it then), and the derivative by the voxel term, the same for all classes of a sample.</param>
    /// <param name="seeds">The derivative by each of the values, in their type; 0 where the problem has none.</param>
    /// <param name="logitsGradient">Receives [N, C, *S] in the type of the logits.</param>
    void Spread(LossProblem problem, LossTensors tensors, nint coefficients, nint seeds, nint logitsGradient);

    /// <summary>
    /// Waits for the reductions that an engine on a GPU has enqueued, and reports the oldest one with invalid labels that has not been
    /// reported yet. An engine whose work is done when a call returns has nothing to report here: its caller finds the count in the
    /// statistics.
    /// </summary>
    /// <exception cref="ArgumentException">There is such a reduction.</exception>
    void CheckLabels();
}
