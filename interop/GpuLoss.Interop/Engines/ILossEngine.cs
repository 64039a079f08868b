namespace GpuLoss.Interop.Engines;

/// <summary>
/// Runs the three steps of a loss on memory of one kind of device. Every address is memory of that device, allocated by the caller and in
/// use until the work given to the engine has run; an engine on a GPU only enqueues.
/// </summary>
public interface ILossEngine
{
    /// <summary>
    /// Whether the engine reads these types and strides in place. Where it does not, the caller makes contiguous tensors of types it takes first.
    /// </summary>
    bool Takes(LossProblem problem);

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
    /// <param name="statistics">Receives float64 [N, 3·C + 2].</param>
    /// <param name="loss">Receives one float32, or one float64 where the logits are float64.</param>
    /// <exception cref="ArgumentException">On a GPU: an earlier forward, which has been found out by now, had invalid labels. Nothing of this one has
    /// been enqueued.</exception>
    void Forward(LossProblem problem, nint logits, nint target, nint weights, nint scratch, nint statistics, nint loss);

    /// <summary>Score and Spread: the gradient with respect to the logits.</summary>
    /// <param name="problem">The call.</param>
    /// <param name="logits">[N, C, *S] in the type and strides that the problem names.</param>
    /// <param name="target">Labels [N, *S], likewise.</param>
    /// <param name="weights">float64 [C], as in <see cref="Forward"/>.</param>
    /// <param name="statistics">float64 [N, 3·C + 2], as <see cref="Forward"/> left them.</param>
    /// <param name="lossGradient">The gradient with respect to the loss, in the type of the loss.</param>
    /// <param name="scratch">float64 [<see cref="BackwardScratchElements"/>].</param>
    /// <param name="logitsGradient">Receives [N, C, *S] in the type of the logits.</param>
    void Backward(
        LossProblem problem, nint logits, nint target, nint weights, nint statistics, nint lossGradient, nint scratch, nint logitsGradient);
}
