using GpuLoss.Kernels.Objective;

namespace GpuLoss.Interop.Engines;

/// <summary>
/// Runs the three steps of a loss on memory of one kind of device. Every address is memory of that device, allocated by the caller and in
/// use until the work given to the engine has run; an engine on a GPU only enqueues.
/// </summary>
internal interface ILossEngine
{
    /// <summary>
    /// Whether the engine reads these types and strides in place. Where it does not, the caller makes contiguous tensors of types it takes first.
    /// </summary>
    bool Takes(LossProblem problem);

    /// <summary>The type of the coefficients of <see cref="Spread"/>: Float32 or Float64.</summary>
    LogitsType CoefficientType { get; }

    /// <summary>The float64 elements of scratch memory that <see cref="Forward"/> asks for.</summary>
    long ForwardScratchElements(LossProblem problem);

    /// <summary>The float64 elements of scratch memory that <see cref="Backward"/> asks for.</summary>
    long BackwardScratchElements(LossProblem problem);

    /// <summary>
    /// Waits for the forwards that an engine on a GPU has enqueued, and reports the oldest one with invalid labels that has not been reported yet. An
    /// engine whose work is done when a call returns has nothing to report here: its caller finds the count in the statistics.
    /// </summary>
    /// <exception cref="ArgumentException">There is such a forward.</exception>
    void CheckLabels();

    /// <summary>Reduce and Score: the statistics and the value of the loss.</summary>
    /// <param name="problem">The call.</param>
    /// <param name="logits">[N, C, *S] in the type and strides that the problem names.</param>
    /// <param name="target">Labels [N, *S], likewise.</param>
    /// <param name="weights">float64 [C], all 1 where the loss is unweighted.</param>
    /// <param name="scratch">float64 [<see cref="ForwardScratchElements"/>].</param>
    /// <param name="statistics">Receives float64 [N, 3·C + 3].</param>
    /// <param name="loss">Receives the value, or the values where the loss is not reduced, in float32, or float64 where the logits are float64.</param>
    /// <exception cref="ArgumentException">On a GPU: an earlier forward, which has been found out by now, had invalid labels. Nothing of this one has
    /// been enqueued.</exception>
    void Forward(LossProblem problem, nint logits, nint target, nint weights, nint scratch, nint statistics, nint loss);

    /// <summary>Score alone, of statistics that were added up from the parts of a volume or of a batch.</summary>
    /// <param name="problem">The call.</param>
    /// <param name="weights">float64 [C], as in <see cref="Forward"/>.</param>
    /// <param name="totals">float64 [N, 3·C + 3].</param>
    /// <param name="statistics">Receives a copy of <paramref name="totals"/>, for <see cref="Backward"/>.</param>
    /// <param name="loss">Receives the loss, as in <see cref="Forward"/>.</param>
    void ScoreTotals(LossProblem problem, nint weights, nint totals, nint statistics, nint loss);

    /// <summary>Score and Spread: the gradient with respect to the logits.</summary>
    /// <param name="problem">The call.</param>
    /// <param name="logits">[N, C, *S] in the type and strides that the problem names.</param>
    /// <param name="target">Labels [N, *S], likewise.</param>
    /// <param name="weights">float64 [C], as in <see cref="Forward"/>.</param>
    /// <param name="statistics">float64 [N, 3·C + 3], as <see cref="Forward"/> left them.</param>
    /// <param name="lossGradient">The gradient with respect to the loss, in the type of the loss.</param>
    /// <param name="scratch">float64 [<see cref="BackwardScratchElements"/>].</param>
    /// <param name="logitsGradient">Receives [N, C, *S] in the type of the logits.</param>
    void Backward(
        LossProblem problem, nint logits, nint target, nint weights, nint statistics, nint lossGradient, nint scratch, nint logitsGradient);

    /// <summary>The second half of Score alone: the coefficients of the gradient.</summary>
    /// <param name="problem">The call.</param>
    /// <param name="weights">float64 [C], as in <see cref="Forward"/>.</param>
    /// <param name="statistics">float64 [N, 3·C + 3], as <see cref="Forward"/> or <see cref="ScoreTotals"/> left them.</param>
    /// <param name="lossGradient">The gradient with respect to the loss, in the type of the loss.</param>
    /// <param name="coefficients">Receives what <see cref="Spread"/> takes.</param>
    void ScoreGradient(LossProblem problem, nint weights, nint statistics, nint lossGradient, nint coefficients);

    /// <summary>Spread alone, with coefficients of the caller's: the gradient of any function of the statistics.</summary>
    /// <param name="problem">The call.</param>
    /// <param name="logits">[N, C, *S] in the type and strides that the problem names.</param>
    /// <param name="target">Labels [N, *S], likewise.</param>
    /// <param name="weights">float64 [C], as in <see cref="Forward"/>.</param>
    /// <param name="coefficients">[N, C, 4] of <see cref="CoefficientType"/>: the factors of t, of 1 and of p in dL/dp, and of the cross-entropy
    /// gradient in the voxels of the class, which without class weights is the same for all classes of a sample.</param>
    /// <param name="logitsGradient">Receives [N, C, *S] in the type of the logits.</param>
    void Spread(LossProblem problem, nint logits, nint target, nint weights, nint coefficients, nint logitsGradient);

    /// <summary>Whether the engine reads these types in place. Where it does not, the caller converts the tensors to types it takes first.</summary>
    bool Takes(GeneralProblem problem);

    /// <summary>The float64 elements of scratch memory that <see cref="ReduceGeneral"/> asks for.</summary>
    long GeneralScratchElements(GeneralProblem problem);

    /// <summary>The statistics of several sums in one pass over the voxels.</summary>
    /// <param name="problem">The call.</param>
    /// <param name="tensors">What it reads.</param>
    /// <param name="scratch">float64 [<see cref="GeneralScratchElements"/>].</param>
    /// <param name="statistics">Receives float64 [sums, N, 3·C + 3].</param>
    /// <param name="values">Receives the voxel term of one sum, [N, *S] or [N, C, *S] as the problem says, in float32, or float64 where the logits are
    /// float64; 0 in voxels that do not exist. 0 where no values are asked for.</param>
    /// <exception cref="ArgumentException">On a GPU: as <see cref="Forward"/>, of an earlier call.</exception>
    void ReduceGeneral(GeneralProblem problem, GeneralTensors tensors, nint scratch, nint statistics, nint values);

    /// <summary>The gradient of any function of the statistics of several sums and of the values.</summary>
    /// <param name="problem">The call.</param>
    /// <param name="tensors">What it reads.</param>
    /// <param name="coefficients">[sums, N, C, 4] of <see cref="CoefficientType"/>: the derivatives by I and by P, twice the latter where P is squared
    /// (and 0 before it then), and the derivative by the voxel term, the same for all classes of a sample.</param>
    /// <param name="seeds">The derivative by each of the values, in their type; 0 where the problem has none.</param>
    /// <param name="logitsGradient">Receives [N, C, *S] in the type of the logits.</param>
    void SpreadGeneral(GeneralProblem problem, GeneralTensors tensors, nint coefficients, nint seeds, nint logitsGradient);
}
