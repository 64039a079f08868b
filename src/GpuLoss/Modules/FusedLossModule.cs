using GpuLoss.Autograd;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>
/// A segmentation loss computed in two passes over the logits, one forward and one backward, with no tensor of the logits' size in between.
/// </summary>
public abstract class FusedLossModule : Loss<Tensor, Tensor, Tensor>
{
    private readonly UnreducedShape unreduced;
    private readonly LossTerms terms;
    private bool isDisposed;

    private protected FusedLossModule(
        OverlapTerm overlap, double crossEntropyScale, Tensor? weight, long ignore_index, Reduction reduction, TermOptions? options = null,
        UnreducedShape unreduced = UnreducedShape.Spatial)
        : this(LossDefinitions.Whole(overlap, crossEntropyScale, reduction), ClassWeights.From(weight), ignore_index, reduction, options,
            unreduced)
    {
    }

    private protected FusedLossModule(
        LossDefinition definition, ClassWeights classWeights, long ignore_index, Reduction reduction, TermOptions? options = null,
        UnreducedShape unreduced = UnreducedShape.Spatial)
        : base(reduction)
    {
        this.ignore_index = LossDefinitions.IgnoreIndex(ignore_index);
        this.unreduced = unreduced;
        terms = new LossTerms([new LossTerm(1, definition, classWeights, options ?? TermOptions.Plain)], ignore_index);
    }

    /// <summary>Voxels with this label do not exist for the loss: they enter no sum and their gradient is 0.</summary>
    public long ignore_index { get; }

    /// <summary>The loss as a term of a sum of losses.</summary>
    internal LossTerm Term => terms.All[0];

    /// <summary>Computes the loss.</summary>
    /// <param name="logits">[N, C, *S] with one or more spatial dimensions and C ≥ 2, or C ≥ 1 without a softmax, of type Float32, Float64,
    /// Float16 or BFloat16, on the CPU or a CUDA device. Any strides will do on the CPU where the loss takes the softmax and the target is
    /// class indices; else, and on a GPU, tensors that are not contiguous are copied. NaN gives a NaN loss, and so does +infinity to a
    /// softmax; to a sigmoid it is a probability of 1. -infinity is a probability of 0.</param>
    /// <param name="target">Class indices [N, *S] or [N, 1, *S] of type Byte, Int8, Int16, Int32, Int64 or Bool, on the device of the
    /// logits; with C =
    /// 1 they are 0 and 1. Or a number for every class, [N, C, *S]: one-hot of any type, or probabilities of a floating-point type; no
    /// gradient goes to it.</param>
    /// <returns>The loss, on the device of the logits: Float64 for Float64 logits, else Float32; a scalar unless the reduction is None. The
    /// gradient has the type and the strides of the logits. Sums are taken in double and do not depend on the number of threads. Where all
    /// voxels are ignored the loss is 0, and so is its gradient.</returns>
    /// <exception cref="ArgumentException">A shape, type or device is not as above, a weight has the wrong length, a label is outside
    /// 0..C-1 and not <see cref="ignore_index"/>, a one-hot target holds other integers than 0 and 1, a target of probabilities a number
    /// that is none from 0 to 1 (without an activation it may hold any), or an ignore_index was given and the target has no labels. On a
    /// GPU labels out of range are left out, and reported by a later forward, <see cref="nn.check_labels"/>, or at once with
    /// <see cref="nn.check_labels_at_once"/>.</exception>
    /// <exception cref="ObjectDisposedException">The module, or a tensor, has been disposed.</exception>
#pragma warning disable CA1725 // The base class calls them input1 and input2, which tells a caller nothing.
    public override Tensor forward(Tensor logits, Tensor target) => Shaped(Usable().Of(logits, target), logits);
#pragma warning restore CA1725

    /// <summary>Computes the loss of the voxels that a mask selects, as if the others were ignored, or weighs.</summary>
    /// <param name="logits">As in <see cref="forward(Tensor, Tensor)"/>.</param>
    /// <param name="target">Likewise. Under voxels that are not selected it may hold anything.</param>
    /// <param name="mask">[N, 1, *S] or [N, *S] on the device of the logits: Bool, true where a voxel counts; or weights of the voxels,
    /// Byte or floating-point, which multiply the voxel's share of every sum, of the denominators too. A voxel of weight 0 does not exist:
    /// it is left out and not multiplied, so that NaN logits do no harm there.</param>
    /// <returns>As in <see cref="forward(Tensor, Tensor)"/>.</returns>
    /// <exception cref="ArgumentException">As in <see cref="forward(Tensor, Tensor)"/>, or the mask is of another type, shape or device, or
    /// a weight is negative or not finite.</exception>
    public Tensor forward(Tensor logits, Tensor target, Tensor mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        return Shaped(Usable().Of(logits, target, mask), logits);
    }

    /// <summary>
    /// Computes the loss of a whole of which these logits are a part: of a volume that is processed in pieces, a batch that is split over
    /// steps or devices. The value is that of the whole, and the gradient that of the whole with respect to these logits. It takes two
    /// passes: first the <see cref="statistics"/> of every part without a graph, then this with the sum of all the other parts'.
    /// </summary>
    /// <param name="logits">As in <see cref="forward(Tensor, Tensor)"/>.</param>
    /// <param name="target">Likewise.</param>
    /// <param name="other_statistics">The sum of the statistics of the other parts, from the same loss. No gradient goes through
    /// them.</param>
    /// <param name="mask">As in <see cref="forward(Tensor, Tensor, Tensor)"/>, or null.</param>
    /// <returns>As in <see cref="forward(Tensor, Tensor)"/>.</returns>
    /// <exception cref="ArgumentException">As in <see cref="forward(Tensor, Tensor)"/>, or the statistics are of other sizes, another
    /// device or another loss.</exception>
    /// <exception cref="NotSupportedException">The loss is no function of one set of sums: its terms have different activations, or it
    /// looks for the largest voxels.</exception>
    public Tensor forward(Tensor logits, Tensor target, nn.OverlapStatistics other_statistics, Tensor? mask = null)
    {
        ArgumentNullException.ThrowIfNull(other_statistics);
        return Shaped(Usable().Of(logits, target, mask, LossOutput.Loss, other_statistics), logits);
    }

    /// <summary>Computes the loss, and soft and hard Dice of every sample and class, in one pass over the logits.</summary>
    /// <param name="logits">As in <see cref="forward(Tensor, Tensor)"/>.</param>
    /// <param name="target">Likewise.</param>
    /// <param name="mask">As in <see cref="forward(Tensor, Tensor, Tensor)"/>, or null.</param>
    /// <returns>The loss as forward returns it, and the metrics, to be disposed by the caller.</returns>
    /// <exception cref="ArgumentException">As in <see cref="forward(Tensor, Tensor)"/>.</exception>
    public (Tensor loss, nn.OverlapMetrics metrics) forward_with_metrics(Tensor logits, Tensor target, Tensor? mask = null)
    {
        var (value, metrics) = Usable().WithMetrics(logits, target, mask);
        return (Shaped(value, logits), metrics);
    }

    /// <summary>
    /// The sums that this loss is a function of, differentiable with respect to the logits. Those of several parts add up to those of the
    /// whole.
    /// </summary>
    /// <param name="logits">As in <see cref="forward(Tensor, Tensor)"/>.</param>
    /// <param name="target">Likewise.</param>
    /// <param name="mask">As in <see cref="forward(Tensor, Tensor, Tensor)"/>, or null.</param>
    /// <returns>The statistics, to be disposed by the caller. What the loss does not need is 0: I and P without an overlap term, the
    /// cross-entropy without one.</returns>
    /// <exception cref="ArgumentException">As in <see cref="forward(Tensor, Tensor)"/>.</exception>
    /// <exception cref="NotSupportedException">The loss is no function of one set of sums.</exception>
    public nn.OverlapStatistics statistics(Tensor logits, Tensor target, Tensor? mask = null)
    {
        if (Term.Options.Unreduced || Term.Options.TopPercent is not null)
            throw new NotSupportedException("A loss of single voxels is no function of sums.");
        using var all = Usable().Of(logits, target, mask, LossOutput.Statistics);
        return nn.OverlapStatistics.From(all, Term.Definition.Overlap.SquaredPrediction != 0);
    }

    /// <summary>How the loss is computed, by a module that is still in use.</summary>
    /// <exception cref="ObjectDisposedException">It is not.</exception>
    internal LossTerms Usable()
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        return terms;
    }

    /// <summary>Disposes what it holds.</summary>
    /// <param name="disposing">Whether it is disposed, and not finalized.</param>
    protected override void Dispose(bool disposing)
    {
        isDisposed = true;
        if (disposing)
            terms.Dispose();

        base.Dispose(disposing);
    }

    /// <summary>Gives the values of an overlap term that is not reduced the shape that its peer has.</summary>
    private Tensor Shaped(Tensor value, Tensor logits)
    {
        if (Term is { Options: { Unreduced: true, UnreducedPerClass: true }, Definition.FirstVoxelClass: var first and > 0 })
        {
            using (value)
                return value.narrow(1, first, value.shape[1] - first);
        }

        if (Term.Definition.Reduction != ScalarReduction.None)
            return value;
        var overlap = Term.Definition.Overlap;
        List<long> shape = overlap.PoolSamples != 0 ? [] : [logits.shape[0]];
        if (overlap.Combination == OverlapCombination.MeanOfRatios)
            shape.Add(logits.shape[1] - overlap.FirstClass);
        else
            shape.Add(1);
        if (unreduced == UnreducedShape.Spatial)
            shape.AddRange(Enumerable.Repeat(1L, (int)logits.dim() - 2));
        using (value)
            return value.reshape([.. shape]);
    }
}

/// <summary>The shape of an overlap loss that is not reduced.</summary>
internal enum UnreducedShape
{
    /// <summary>An axis of size 1 for each spatial one follows, as in MONAI's Dice and generalized Dice.</summary>
    Spatial,

    /// <summary>None does, as in MONAI's Tversky.</summary>
    Flat,
}
