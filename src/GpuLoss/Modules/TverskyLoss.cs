using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Tversky loss of softmax probabilities; see <see cref="nn.TverskyLoss"/>.</summary>
public sealed class TverskyLoss : FusedLossModule
{
    internal TverskyLoss(
        double alpha, double beta, bool include_background, bool batch, Tensor? weight, long ignore_index, double smooth_nr, double smooth_dr, Reduction reduction)
        : base(
            LossDefinitions.Tversky(new(include_background, batch, smooth_nr, smooth_dr), alpha, beta), crossEntropyScale: 0, weight,
            ignore_index, reduction)
    {
    }
}
