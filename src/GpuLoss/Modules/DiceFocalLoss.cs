using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Soft Dice plus focal loss; see <see cref="nn.DiceFocalLoss"/>.</summary>
public sealed class DiceFocalLoss : CompoundLoss
{
    internal DiceFocalLoss(
        bool include_background, bool squared, bool batch, Tensor? weight, long ignore_index, double smooth_nr, double smooth_dr,
        Reduction reduction, double lambda_dice, double lambda_focal, double gamma, double? alpha)
        : base(
        [
            (LossDefinitions.NotNegative(lambda_dice, nameof(lambda_dice)), nn.DiceLoss(include_background, squared, batch, weight, ignore_index, smooth_nr, smooth_dr, reduction)),
            (LossDefinitions.NotNegative(lambda_focal, nameof(lambda_focal)), nn.FocalLoss(gamma, alpha, alpha is null ? weight : null, ignore_index, reduction)),
        ])
    {
    }
}
