using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>A user's own overlap loss; see
/// <see cref="nn.OverlapLoss(Func{Tensor, Tensor, Tensor, Tensor}, bool, long, nn.Activation, bool)"/>.</summary>
public sealed class OverlapLoss : Loss<Tensor, Tensor, Tensor>
{
    private readonly Func<Tensor, Tensor, Tensor, Tensor, Tensor> loss;
    private readonly DiceLoss sums;
    private bool isDisposed;

    internal OverlapLoss(
        Func<Tensor, Tensor, Tensor, Tensor, Tensor> loss, bool squared, long ignore_index, nn.Activation activation, bool soft_label)
        : base(torch.nn.Reduction.Mean)
    {
        ArgumentNullException.ThrowIfNull(loss);
        this.loss = loss;
        sums = nn.DiceLoss(squared: squared, ignore_index: ignore_index, activation: activation, soft_label: soft_label);
    }

    /// <summary>Computes the loss.</summary>
    /// <param name="logits">As in <see cref="FusedLossModule.forward(Tensor, Tensor)"/>.</param>
    /// <param name="target">Likewise.</param>
    /// <returns>What the function returns, as Float32 unless the logits are Float64.</returns>
    /// <exception cref="ArgumentException">As in <see cref="FusedLossModule.forward(Tensor, Tensor)"/>.</exception>
#pragma warning disable CA1725 // The base class calls them input1 and input2, which tells a caller nothing.
    public override Tensor forward(Tensor logits, Tensor target) => Of(logits, target, mask: null);
#pragma warning restore CA1725

    /// <summary>Computes the loss of the voxels that a mask selects or weighs; see
    /// <see cref="FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</summary>
    /// <inheritdoc cref="FusedLossModule.forward(Tensor, Tensor, Tensor)" path="/param"/>
    public Tensor forward(Tensor logits, Tensor target, Tensor mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        return Of(logits, target, mask);
    }

    /// <summary>Disposes what it holds.</summary>
    /// <param name="disposing">Whether it is disposed, and not finalized.</param>
    protected override void Dispose(bool disposing)
    {
        isDisposed = true;
        if (disposing)
            sums.Dispose();
        base.Dispose(disposing);
    }

    private Tensor Of(Tensor logits, Tensor target, Tensor? mask)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        using var scope = torch.NewDisposeScope();
        var statistics = sums.statistics(logits, target, mask);
        var value = loss(statistics.intersection, statistics.prediction, statistics.target, statistics.voxels.unsqueeze(1));
        return value.to_type(logits.dtype == torch.ScalarType.Float64 ? torch.ScalarType.Float64 : torch.ScalarType.Float32)
            .MoveToOuterDisposeScope();
    }
}
