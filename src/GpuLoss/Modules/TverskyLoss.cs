using GpuLoss.Autograd;
using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Tversky loss; see <see cref="nn.TverskyLoss"/>.</summary>
public sealed class TverskyLoss : FusedLossModule
{
    internal TverskyLoss(OverlapOptions overlap, double alpha, double beta, Tensor? weight, long ignore_index, Reduction reduction)
        : base(
            LossDefinitions.Tversky(overlap, alpha, beta), crossEntropyScale: 0, weight, ignore_index, reduction, overlap.Term,
            UnreducedShape.Flat)
    {
    }
}
