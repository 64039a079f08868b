using GpuLoss.Autograd;
using GpuLoss.Modules;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Distributed;

/// <summary>The loss of a batch whose samples are spread over ranks; see <see cref="DistributedLosses"/>.</summary>
public sealed class DistributedLoss : Loss<Tensor, Tensor, Tensor>, IMaskedLoss
{
    private readonly Loss<Tensor, Tensor, Tensor> criterion;
    private readonly LossTerms terms;
    private readonly Communicator communicator;

    internal DistributedLoss(Loss<Tensor, Tensor, Tensor> criterion, LossTerms terms, Communicator communicator)
        : base(torch.nn.Reduction.Mean)
    {
        ArgumentNullException.ThrowIfNull(communicator);
        (this.criterion, this.terms, this.communicator) = (criterion, terms, communicator);
        if (terms.WhyNotOfParts is { } why)
            throw new NotSupportedException($"{criterion.GetType().Name} cannot be taken over ranks. {why}");
    }

    /// <summary>Computes the loss of the whole batch. All ranks call it, also those that have no samples in a step.</summary>
    /// <param name="logits">[N, C, *S], this rank's samples; N may differ from rank to rank and be 0, and so may *S.</param>
    /// <param name="target">This rank's, as <see cref="FusedLossModule.forward(Tensor, Tensor)"/> takes it. With N = 0 it is not looked
    /// at.</param>
    /// <returns>The loss of all samples of all ranks, with the same bits on every rank as on one process that has all of them in the order
    /// of the ranks. Its gradient is that of this loss with respect to this rank's logits: the gradients of parameters are to be added up
    /// over the ranks, and not averaged.</returns>
    /// <exception cref="FailedRankException">A rank was given what the loss refuses, labels out of range, say. All ranks throw it, and it
    /// names that one. On a GPU, too, labels are checked at once.</exception>
    /// <exception cref="MpiException">MPI reported an error.</exception>
#pragma warning disable CA1725 // The base class calls them input1 and input2, which tells a caller nothing.
    public override Tensor forward(Tensor logits, Tensor target) => Of(logits, target, mask: null);
#pragma warning restore CA1725

    /// <summary>Computes the loss of the voxels that a mask selects or weighs; all ranks have one, or none has. See
    /// <see cref="FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</summary>
    /// <param name="logits">As in <see cref="forward(Tensor, Tensor)"/>.</param>
    /// <param name="target">Likewise.</param>
    /// <param name="mask">This rank's, as <see cref="FusedLossModule.forward(Tensor, Tensor, Tensor)"/> takes it.</param>
    public Tensor forward(Tensor logits, Tensor target, Tensor mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        return Of(logits, target, mask);
    }

    /// <summary>Disposes the loss it was made of.</summary>
    /// <param name="disposing">Whether it is disposed, and not finalized.</param>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            criterion.Dispose();
        base.Dispose(disposing);
    }

    private Tensor Of(Tensor logits, Tensor target, Tensor? mask)
    {
        var batch = new BatchOverRanks(communicator);
        try
        {
            return logits is { IsInvalid: false } && logits.dim() >= 3 && logits.size(0) == 0
                ? terms.OfNothing(logits, batch)
                : terms.Of(logits, target, mask, whole: batch);
        }
        catch (Exception failure) when (!batch.HasJoined)
        {
            batch.Fail(failure);
            throw;
        }
    }
}
