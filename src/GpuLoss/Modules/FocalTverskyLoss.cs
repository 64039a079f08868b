using GpuLoss.Autograd;
using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Focal Tversky loss; see <see cref="nn.FocalTverskyLoss"/>.</summary>
public sealed class FocalTverskyLoss : FusedLossModule
{
    internal FocalTverskyLoss(
        OverlapOptions overlap, double alpha, double beta, double gamma, Tensor? weight, long ignore_index, Reduction reduction)
        : base(
            LossDefinitions.Tversky(overlap, alpha, beta) with { Exponent = LossDefinitions.Positive(gamma, nameof(gamma)) },
            crossEntropyScale: 0, weight,
            ignore_index, reduction, overlap.Term, UnreducedShape.Flat)
    {
    }
}
