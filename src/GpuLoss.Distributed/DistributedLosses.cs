using GpuLoss.Modules;

namespace GpuLoss.Distributed;

/// <summary>
/// Makes a loss one of a batch that is spread over ranks: <c>Fused.DiceCELoss(batch: true).distributed(Communicator.world)</c>. Its sums
/// are exchanged, (3·C + 3) numbers of every sample, and nothing of the size of a volume.
/// </summary>
public static class DistributedLosses
{
    /// <summary>The loss over ranks.</summary>
    /// <param name="criterion">The loss of one process, which is disposed with the result. The same on all ranks.</param>
    /// <param name="communicator">The ranks.</param>
    /// <exception cref="NotSupportedException">The loss is no function of sums: it looks for the largest voxels, or is not
    /// reduced.</exception>
    public static DistributedLoss distributed(this FusedLossModule criterion, Communicator communicator)
    {
        ArgumentNullException.ThrowIfNull(criterion);
        return new(criterion, criterion.Usable(), communicator);
    }

    /// <summary>The loss over ranks.</summary>
    /// <param name="criterion">The loss of one process, which is disposed with the result. The same on all ranks.</param>
    /// <param name="communicator">The ranks.</param>
    /// <exception cref="NotSupportedException">A term is no function of sums: it looks for the largest voxels.</exception>
    public static DistributedLoss distributed(this CompoundLoss criterion, Communicator communicator)
    {
        ArgumentNullException.ThrowIfNull(criterion);
        return new(criterion, criterion.Usable(), communicator);
    }

    /// <summary>The loss over ranks, of every output.</summary>
    /// <param name="criterion">The loss of one process, which is disposed with the result. The same on all ranks.</param>
    /// <param name="communicator">The ranks.</param>
    /// <exception cref="NotSupportedException">The loss of an output is no function of sums.</exception>
    public static DeepSupervisionLoss distributed(this DeepSupervisionLoss criterion, Communicator communicator)
    {
        ArgumentNullException.ThrowIfNull(criterion);
        return criterion.With(inner => inner switch
        {
            FusedLossModule fused => fused.distributed(communicator),
            CompoundLoss compound => compound.distributed(communicator),
            _ => throw new NotSupportedException($"{inner.GetType().Name} cannot be taken over ranks."),
        });
    }
}
