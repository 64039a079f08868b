using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Generalized Dice plus focal loss; see <see cref="nn.GeneralizedDiceFocalLoss"/>.</summary>
public sealed class GeneralizedDiceFocalLoss : CompoundLoss
{
    internal GeneralizedDiceFocalLoss(
        bool include_background, nn.ClassWeighting w_type, bool batch, Tensor? weight, long ignore_index, double smooth_nr, double smooth_dr,
        Reduction reduction, double lambda_gdl, double lambda_focal, double gamma, double? alpha)
        : base(
        [
            (LossDefinitions.NotNegative(lambda_gdl, nameof(lambda_gdl)), nn.GeneralizedDiceLoss(include_background, w_type, batch, ignore_index, smooth_nr, smooth_dr, reduction)),
            (LossDefinitions.NotNegative(lambda_focal, nameof(lambda_focal)), nn.FocalLoss(gamma, alpha, alpha is null ? weight : null, ignore_index, reduction)),
        ])
    {
    }
}
