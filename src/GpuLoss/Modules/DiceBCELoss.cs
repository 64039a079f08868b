using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Soft Dice of the sigmoid plus binary cross-entropy; see <see cref="nn.DiceBCELoss"/>.</summary>
public sealed class DiceBCELoss : CompoundLoss
{
    internal DiceBCELoss(
        OverlapOptions overlap, bool squared, Tensor? weight, Tensor? pos_weight, long ignore_index, Reduction reduction,
        double lambda_dice, double lambda_bce)
        : base(
        [
            (LossDefinitions.Factor(lambda_dice, nameof(lambda_dice)),
                new DiceLoss(overlap, squared, weight, ignore_index, LossDefinitions.Reduced(reduction))),
            (LossDefinitions.Factor(lambda_bce, nameof(lambda_bce)), nn.BCEWithLogitsLoss(weight, pos_weight, ignore_index, reduction)),
        ])
    {
    }
}
