using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Soft Dice plus cross-entropy; see <see cref="nn.DiceCELoss"/>.</summary>
public sealed class DiceCELoss : FusedLossModule
{
    internal DiceCELoss(
        bool include_background, bool squared, bool batch, Tensor? weight, long ignore_index, double smooth_nr, double smooth_dr,
        Reduction reduction, double lambda_dice, double lambda_ce)
        : base(
            LossDefinitions.Dice(
                new(include_background, batch, smooth_nr, smooth_dr), squared, LossDefinitions.NotNegative(lambda_dice, nameof(lambda_dice))),
            LossDefinitions.NotNegative(lambda_ce, nameof(lambda_ce)), weight, ignore_index, reduction)
    {
    }
}
