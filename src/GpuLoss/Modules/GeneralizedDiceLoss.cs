using GpuLoss.Autograd;
using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Generalized Dice loss; see <see cref="nn.GeneralizedDiceLoss"/>.</summary>
public sealed class GeneralizedDiceLoss : FusedLossModule
{
    internal GeneralizedDiceLoss(OverlapOptions overlap, nn.ClassWeighting w_type, long ignore_index, Reduction reduction)
        : base(
            LossDefinitions.GeneralizedDice(overlap, w_type), crossEntropyScale: 0, weight: null, ignore_index, reduction, overlap.Term)
    {
    }
}
