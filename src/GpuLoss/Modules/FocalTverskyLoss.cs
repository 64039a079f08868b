using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Focal Tversky loss of softmax probabilities; see <see cref="nn.FocalTverskyLoss"/>.</summary>
public sealed class FocalTverskyLoss : FusedLossModule
{
    internal FocalTverskyLoss(
        double alpha, double beta, double gamma, bool include_background, bool batch, Tensor? weight, long ignore_index, double smooth_nr, double smooth_dr, Reduction reduction)
        : base(
            LossDefinitions.Tversky(new(include_background, batch, smooth_nr, smooth_dr), alpha, beta) with { Exponent = LossDefinitions.Positive(gamma, nameof(gamma)) }, crossEntropyScale: 0, weight,
            ignore_index, reduction)
    {
    }
}
