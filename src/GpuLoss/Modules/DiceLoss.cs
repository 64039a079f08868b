using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Soft Dice loss of softmax probabilities; see <see cref="nn.DiceLoss"/>.</summary>
public sealed class DiceLoss : FusedLossModule
{
    internal DiceLoss(
        bool include_background, bool squared, bool batch, Tensor? weight, long ignore_index, double smooth_nr, double smooth_dr,
        Reduction reduction)
        : base(
            LossDefinitions.Dice(new(include_background, batch, smooth_nr, smooth_dr), squared), crossEntropyScale: 0, weight, ignore_index,
            reduction)
    {
    }
}
