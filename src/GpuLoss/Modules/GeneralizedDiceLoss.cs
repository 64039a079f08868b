using Reduction = TorchSharp.torch.nn.Reduction;

namespace GpuLoss.Modules;

/// <summary>Generalized Dice loss of softmax probabilities; see <see cref="nn.GeneralizedDiceLoss"/>.</summary>
public sealed class GeneralizedDiceLoss : FusedLossModule
{
    internal GeneralizedDiceLoss(
        bool include_background, nn.ClassWeighting w_type, bool batch, long ignore_index, double smooth_nr, double smooth_dr,
        Reduction reduction)
        : base(
            LossDefinitions.GeneralizedDice(new(include_background, batch, smooth_nr, smooth_dr), w_type), crossEntropyScale: 0, weight: null,
            ignore_index, reduction)
    {
    }
}
