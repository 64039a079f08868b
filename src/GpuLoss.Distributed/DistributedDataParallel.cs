using TorchSharp;
using Module = TorchSharp.torch.nn.Module;
using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Distributed;

/// <summary>
/// Trains a module on several ranks: all start from the parameters of rank 0 and have the same gradients after every backward, and so the
/// same parameters after every step of their optimizers.
/// </summary>
/// <remarks>
/// Gradients are added in the order of the ranks, in buckets of one type each, so that every run has the same bits. They are exchanged
/// after backward and not during it. Statistics that a module gathers of its batches, as batch normalisation does, remain those of each
/// rank.
/// </remarks>
public sealed class DistributedDataParallel
{
    private readonly Communicator communicator;
    private readonly Reduction reduction;
    private readonly List<Tensor> parameters;
    private readonly long elementsOfBucket;

    /// <summary>Sends the parameters and buffers of rank 0 to all ranks.</summary>
    /// <param name="module">The module, the same on all ranks.</param>
    /// <param name="communicator">The ranks.</param>
    /// <param name="reduction">Sum with a <see cref="DistributedLoss"/>, whose gradients are parts of one; Mean where each rank has a loss
    /// of its own.</param>
    /// <param name="bucket_elements">How many gradients are sent together.</param>
    /// <exception cref="ArgumentException">The reduction is neither, or a bucket has no elements.</exception>
    /// <exception cref="FailedRankException">A rank has another module.</exception>
    public DistributedDataParallel(
        Module module, Communicator communicator, Reduction reduction = Reduction.Sum, long bucket_elements = 1 << 22)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(communicator);
        if (reduction is not (Reduction.Sum or Reduction.Mean))
            throw new ArgumentOutOfRangeException(nameof(reduction), reduction, "reduction must be Sum or Mean.");
        ArgumentOutOfRangeException.ThrowIfLessThan(bucket_elements, 1);
        (this.communicator, this.reduction, elementsOfBucket) = (communicator, reduction, bucket_elements);
        parameters = [.. module.parameters().Where(parameter => parameter.requires_grad)];
        CheckSame(module);
        foreach (var tensor in module.parameters().Concat(module.buffers()))
            communicator.broadcast(tensor);
    }

    /// <summary>Makes the gradients of all ranks the sum or the mean of theirs. Called after backward and before the optimizer's step, by
    /// all ranks.</summary>
    /// <remarks>A parameter without a gradient counts as 0 where another rank has one, and keeps none where no rank has.</remarks>
    /// <exception cref="MpiException">MPI reported an error.</exception>
    public void all_reduce_gradients()
    {
        if (communicator.size == 1)
            return;
        using var scope = torch.NewDisposeScope();
        using var noGraph = torch.no_grad();
        var present = communicator.Gather<bool>([.. parameters.Select(parameter => parameter.grad is not null)]);
        List<Tensor> bucket = [];
        for (var i = 0; i < parameters.Count; i++)
        {
            if (!Enumerable.Range(0, communicator.size).Any(rank => present[rank * parameters.Count + i]))
                continue;
            var parameter = parameters[i];
            parameter.grad ??= torch.zeros_like(parameter).DetachFromDisposeScope();
            if (bucket.Count > 0
                && (bucket[0].dtype != parameter.dtype || bucket.Sum(one => one.numel()) + parameter.numel() > elementsOfBucket))
            {
                Reduce(bucket);
                bucket.Clear();
            }

            bucket.Add(parameter);
        }

        if (bucket.Count > 0)
            Reduce(bucket);
    }

    private void Reduce(List<Tensor> bucket)
    {
        using var scope = torch.NewDisposeScope();
        var type = bucket[0].dtype == torch.ScalarType.Float64 ? torch.ScalarType.Float64 : torch.ScalarType.Float32;
        var flat = torch.cat([.. bucket.Select(parameter => parameter.grad!.flatten().to_type(type))]);
        communicator.all_reduce(flat);
        if (reduction == Reduction.Mean)
            flat.div_(communicator.size);
        var begin = 0L;
        foreach (var parameter in bucket)
        {
            parameter.grad!.copy_(flat.narrow(0, begin, parameter.numel()).view_as(parameter));
            begin += parameter.numel();
        }
    }

    private void CheckSame(Module module)
    {
        var sizes = module.named_parameters().Select(named => (named.name, tensor: (Tensor)named.parameter))
            .Concat(module.named_buffers(recurse: true))
            .Select(named => $"{named.Item1} {named.Item2.dtype} [{string.Join(", ", named.Item2.shape)}]").ToList();
        var hash = string.Join('\n', sizes).Aggregate(14695981039346656037UL, (sum, letter) => (sum ^ letter) * 1099511628211UL);
        var rows = RankAgreement.Exchange(communicator, [(long)hash, sizes.Count]);
        var other = Array.FindIndex(rows, row => !row.AsSpan().SequenceEqual(rows[0]));
        if (other >= 0)
        {
            throw new FailedRankException(
                other,
                $"Rank {other} of {communicator.size} has another module than rank 0: "
                + $"{rows[other][1]} parameters and buffers, and {rows[0][1]}.");
        }
    }
}
