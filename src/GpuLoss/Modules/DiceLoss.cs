using GpuLoss.Autograd;
using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Soft Dice loss; see <see cref="nn.DiceLoss"/>.</summary>
public sealed class DiceLoss : FusedLossModule
{
    internal DiceLoss(OverlapOptions overlap, bool squared, Tensor? weight, long ignore_index, Reduction reduction)
        : base(
            LossDefinitions.Dice(overlap, squared), crossEntropyScale: 0, weight, ignore_index, reduction, overlap.Term)
    {
    }
}
