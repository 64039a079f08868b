using GpuLoss.Autograd;
using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Soft Dice plus cross-entropy; see <see cref="nn.DiceCELoss"/>.</summary>
public sealed class DiceCELoss : FusedLossModule
{
    internal DiceCELoss(
        OverlapOptions overlap, bool squared, Tensor? weight, long ignore_index, Reduction reduction, double lambda_dice, double lambda_ce,
        double label_smoothing, nn.Activation ce_activation)
        : base(
            LossDefinitions.Dice(overlap, squared, LossDefinitions.NotNegative(lambda_dice, nameof(lambda_dice))),
            LossDefinitions.NotNegative(lambda_ce, nameof(lambda_ce)), weight, ignore_index, LossDefinitions.Reduced(reduction),
            LossDefinitions.CrossEntropyTerm(ce_activation, nameof(ce_activation), label_smoothing) with
            {
                Activation = overlap.Term.Activation,
                SoftLabel = overlap.soft_label,
            })
    {
    }
}
