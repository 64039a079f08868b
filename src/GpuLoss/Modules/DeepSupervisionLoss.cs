using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>One loss over the outputs of several resolutions; see <see cref="nn.DeepSupervisionLoss"/>.</summary>
public sealed class DeepSupervisionLoss : Loss<IReadOnlyList<Tensor>, Tensor, Tensor>
{
    private readonly Loss<Tensor, Tensor, Tensor> loss;
    private readonly double[]? weights;
    private bool isDisposed;

    internal DeepSupervisionLoss(Loss<Tensor, Tensor, Tensor> loss, double[]? weights)
        : base(torch.nn.Reduction.Mean)
    {
        ArgumentNullException.ThrowIfNull(loss);
        if (weights is not null && (weights.Length == 0 || !Array.TrueForAll(weights, double.IsFinite)))
            throw new ArgumentException("weights must be finite numbers, one per output.", nameof(weights));
        this.loss = loss;
        this.weights = (double[]?)weights?.Clone();
    }

    /// <summary>Computes Σ weight · loss(output, target at the size of the output).</summary>
    /// <param name="outputs">Logits [N, C, *S] of every level, the finest first.</param>
    /// <param name="target">Of the finest level: class indices [N, *S] or [N, 1, *S], or a number for every class, [N, C, *S]. Other levels
    /// take the nearest voxel's (torch's "nearest-exact"), resized once for all outputs of the same size.</param>
    /// <returns>The loss, a scalar.</returns>
    /// <exception cref="ArgumentException">There are no outputs, or not as many as weights, or the loss refuses one.</exception>
#pragma warning disable CA1725 // The base class calls them input1 and input2, which tells a caller nothing.
    public override Tensor forward(IReadOnlyList<Tensor> outputs, Tensor target) => Of(outputs, target, mask: null);
#pragma warning restore CA1725

    /// <summary>The same for the voxels that a mask selects or weighs, resized like the target.</summary>
    /// <param name="outputs">As in <see cref="forward(IReadOnlyList{Tensor}, Tensor)"/>.</param>
    /// <param name="target">Likewise.</param>
    /// <param name="mask">As in <see cref="FusedLossModule.forward(Tensor, Tensor, Tensor)"/>, of the finest level.</param>
    /// <returns>As in <see cref="forward(IReadOnlyList{Tensor}, Tensor)"/>.</returns>
    /// <exception cref="ArgumentException">Likewise, or the loss takes no mask.</exception>
    public Tensor forward(IReadOnlyList<Tensor> outputs, Tensor target, Tensor mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        return Of(outputs, target, mask);
    }

    /// <summary>The same with another loss of each output, which is made of this one's and takes it over.</summary>
    internal DeepSupervisionLoss With(Func<Loss<Tensor, Tensor, Tensor>, Loss<Tensor, Tensor, Tensor>> change) =>
        new(change(loss), weights);

    private Tensor Of(IReadOnlyList<Tensor> outputs, Tensor target, Tensor? mask)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        ArgumentNullException.ThrowIfNull(outputs);
        ArgumentNullException.ThrowIfNull(target);
        ObjectDisposedException.ThrowIf(target.IsInvalid, target);
        if (mask is not null)
            ObjectDisposedException.ThrowIf(mask.IsInvalid, mask);
        if (outputs.Count == 0 || (weights is not null && weights.Length != outputs.Count))
        {
            throw new ArgumentException(
                $"outputs must be {(weights is null ? "one or more" : weights.Length.ToString())} tensors, not {outputs.Count}.",
                nameof(outputs));
        }

        using var scope = torch.NewDisposeScope();
        var targets = new Dictionary<string, (Tensor Target, Tensor? Mask)>();
        Tensor? total = null;
        for (var level = 0; level < outputs.Count; level++)
        {
            var weight = weights is null ? nn.monai_supervision_weight(level) : weights[level];
            if (weight == 0)
                continue;
            var size = outputs[level].shape[2..];
            var key = string.Join(' ', size);
            if (!targets.TryGetValue(key, out var resized))
                targets.Add(key, resized = (Nearest(target, size), mask is null ? null : Nearest(mask, size)));
            var term = LossOf(outputs[level], resized.Target, resized.Mask) * weight;
            total = total is null ? term : total + term;
        }

        return (total ?? torch.zeros([], dtype: torch.ScalarType.Float32, device: outputs[0].device)).MoveToOuterDisposeScope();
    }

    /// <summary>Disposes the loss.</summary>
    /// <param name="disposing">Whether it is disposed, and not finalized.</param>
    protected override void Dispose(bool disposing)
    {
        isDisposed = true;
        if (disposing)
            loss.Dispose();
        base.Dispose(disposing);
    }

    private Tensor LossOf(Tensor logits, Tensor target, Tensor? mask) => (loss, mask) switch
    {
        (_, null) => loss.forward(logits, target),
        (FusedLossModule fused, _) => fused.forward(logits, target, mask),
        (CompoundLoss compound, _) => compound.forward(logits, target, mask),
        (OverlapLoss overlap, _) => overlap.forward(logits, target, mask),
        (IMaskedLoss masked, _) => masked.forward(logits, target, mask),
        _ => throw new ArgumentException($"A {loss.GetType().Name} takes no mask.", nameof(mask)),
    };

    /// <summary>The voxel whose middle is nearest to that of the new one, axis by axis.</summary>
    private static Tensor Nearest(Tensor target, long[] size)
    {
        var result = target;
        var first = target.dim() - size.Length;
        for (var axis = 0; axis < size.Length && first >= 1; axis++)
        {
            var from = target.shape[first + axis];
            if (from == size[axis])
                continue;
            long[] indices = [.. Enumerable.Range(0, (int)size[axis]).Select(i => (long)((i + 0.5) * from / size[axis]))];
            result = result.index_select(first + axis, torch.tensor(indices, device: target.device));
        }

        return result;
    }
}
