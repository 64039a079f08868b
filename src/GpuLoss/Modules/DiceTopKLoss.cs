using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Soft Dice plus the cross-entropy of the voxels where it is largest; see <see cref="nn.DiceTopKLoss"/>.</summary>
public sealed class DiceTopKLoss : CompoundLoss
{
    internal DiceTopKLoss(
        OverlapOptions overlap, double k, bool squared, Tensor? weight, long ignore_index, double lambda_dice, double lambda_ce,
        double label_smoothing)
        : base(
        [
            (LossDefinitions.Factor(lambda_dice, nameof(lambda_dice)),
                new DiceLoss(overlap, squared, weight, ignore_index, Reduction.Mean)),
            (LossDefinitions.Factor(lambda_ce, nameof(lambda_ce)), nn.TopKCrossEntropyLoss(k, weight, ignore_index, label_smoothing)),
        ])
    {
    }
}
