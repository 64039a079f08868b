using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Soft Dice plus focal loss; see <see cref="nn.DiceFocalLoss"/>.</summary>
public sealed class DiceFocalLoss : CompoundLoss
{
    internal DiceFocalLoss(
        OverlapOptions overlap, bool squared, Tensor? weight, long ignore_index, Reduction reduction, double lambda_dice,
        double lambda_focal, double gamma,
        double? alpha, nn.Activation focal_activation)
        : base(
        [
            (LossDefinitions.Factor(lambda_dice, nameof(lambda_dice)),
                new DiceLoss(overlap, squared, weight, ignore_index, LossDefinitions.Reduced(reduction))),
            (LossDefinitions.Factor(lambda_focal, nameof(lambda_focal)),
                new FocalLoss(gamma, alpha, weight, ignore_index, reduction, focal_activation, overlap.include_background,
                    nameof(focal_activation))),
        ])
    {
    }
}
