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
    private readonly LossDefinition definition;
    private readonly ClassWeights classWeights;

    private protected FusedLossModule(OverlapTerm overlap, double crossEntropyScale, Tensor? weight, long ignore_index, Reduction reduction)
        : this(LossDefinitions.Whole(overlap, crossEntropyScale, reduction), ClassWeights.From(weight), ignore_index, reduction)
    {
    }

    private protected FusedLossModule(LossDefinition definition, ClassWeights classWeights, long ignore_index, Reduction reduction)
        : base(reduction)
    {
        this.definition = definition;
        this.ignore_index = LossDefinitions.IgnoreIndex(ignore_index);
        this.classWeights = classWeights;
    }

    /// <summary>Voxels with this label do not exist for the loss: they enter no sum and their gradient is 0.</summary>
    public long ignore_index { get; }

    /// <summary>The loss as data.</summary>
    internal LossDefinition Definition => definition;

    /// <summary>The class weights.</summary>
    internal ClassWeights ClassWeights => classWeights;

    /// <summary>Computes the loss.</summary>
    /// <param name="logits">[N, C, *S] with one or more spatial dimensions and C ≥ 2, of type Float32, Float64, Float16 or BFloat16, on the CPU or a CUDA
    /// device. Any strides will do on the CPU; on a GPU, tensors that are neither contiguous nor channels-last are copied. NaN and +infinity give a NaN
    /// loss, -infinity a probability of 0.</param>
    /// <param name="target">Class indices [N, *S] or [N, 1, *S] of type Byte, Int8, Int16, Int32 or Int64, on the device of the logits.</param>
    /// <returns>The loss, a scalar on the device of the logits: Float64 for Float64 logits, else Float32. The gradient has the type and the strides of
    /// the logits. Sums are taken in double and do not depend on the number of threads. Where all voxels are ignored the loss is 0, and so is its
    /// gradient.</returns>
    /// <exception cref="ArgumentException">A shape, type or device is not as above, a weight has the wrong length, or a label is outside
    /// 0..C-1 and not <see cref="ignore_index"/>. On a GPU such labels are left out, and reported by a later forward,
    /// <see cref="nn.check_labels"/>, or at once with <see cref="nn.check_labels_at_once"/>.</exception>
#pragma warning disable CA1725 // The base class calls them input1 and input2, which tells a caller nothing.
    public override Tensor forward(Tensor logits, Tensor target) =>
#pragma warning restore CA1725
        FusedLoss.Of(logits, target, definition, classWeights, ignore_index);

    /// <summary>Computes the loss of the voxels that a mask selects, as if the others were ignored.</summary>
    /// <param name="logits">As in <see cref="forward(Tensor, Tensor)"/>.</param>
    /// <param name="target">Likewise. Under voxels that are not selected it may hold anything.</param>
    /// <param name="mask">Bool [N, 1, *S] or [N, *S] on the device of the logits: true where a voxel counts. It selects and does not multiply: NaN logits
    /// outside of it do no harm.</param>
    /// <returns>As in <see cref="forward(Tensor, Tensor)"/>.</returns>
    /// <exception cref="ArgumentException">As in <see cref="forward(Tensor, Tensor)"/>, or the mask is of another type, shape or device.</exception>
    public Tensor forward(Tensor logits, Tensor target, Tensor mask)
    {
        using var selected = VoxelMask.Apply(target, mask, ignore_index);
        return forward(logits, selected);
    }

    /// <summary>
    /// Computes the loss of a whole of which these logits are a part: of a volume that is processed in pieces, a batch that is split over steps or devices.
    /// The value is that of the whole, and the gradient that of the whole with respect to these logits. It takes two passes: first the
    /// <see cref="statistics"/> of every part without a graph, then this with the sum of all the other parts'.
    /// </summary>
    /// <param name="logits">As in <see cref="forward(Tensor, Tensor)"/>.</param>
    /// <param name="target">Likewise.</param>
    /// <param name="other_statistics">The sum of the statistics of the other parts, from the same loss. No gradient goes through them.</param>
    /// <returns>As in <see cref="forward(Tensor, Tensor)"/>.</returns>
    /// <exception cref="ArgumentException">As in <see cref="forward(Tensor, Tensor)"/>, or the statistics are of other sizes, another device or another
    /// loss.</exception>
    public Tensor forward(Tensor logits, Tensor target, nn.OverlapStatistics other_statistics) =>
        FusedLoss.Of(logits, target, definition, classWeights, ignore_index, LossOutput.Value, other_statistics);

    /// <summary>
    /// The sums that this loss is a function of, differentiable with respect to the logits. Those of several parts add up to those of the whole.
    /// </summary>
    /// <param name="logits">As in <see cref="forward(Tensor, Tensor)"/>.</param>
    /// <param name="target">Likewise.</param>
    /// <returns>The statistics, to be disposed by the caller. What the loss does not need is 0: I and P without an overlap term, the cross-entropy
    /// without one.</returns>
    /// <exception cref="ArgumentException">As in <see cref="forward(Tensor, Tensor)"/>.</exception>
    public nn.OverlapStatistics statistics(Tensor logits, Tensor target)
    {
        using var all = FusedLoss.Of(logits, target, definition, classWeights, ignore_index, LossOutput.Statistics);
        return nn.OverlapStatistics.From(all, definition.Overlap.SquaredPrediction != 0);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            classWeights.Dispose();
        base.Dispose(disposing);
    }
}
