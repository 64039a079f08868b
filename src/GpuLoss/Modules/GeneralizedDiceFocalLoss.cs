using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Generalized Dice plus focal loss; see <see cref="nn.GeneralizedDiceFocalLoss"/>.</summary>
public sealed class GeneralizedDiceFocalLoss : CompoundLoss
{
    internal GeneralizedDiceFocalLoss(
        OverlapOptions overlap, nn.ClassWeighting w_type, Tensor? weight, long ignore_index, Reduction reduction, double lambda_gdl,
        double lambda_focal,
        double gamma, double? alpha, nn.Activation focal_activation)
        : base(
        [
            (LossDefinitions.Factor(lambda_gdl, nameof(lambda_gdl)),
                new GeneralizedDiceLoss(overlap, w_type, ignore_index, LossDefinitions.Reduced(reduction))),
            (LossDefinitions.Factor(lambda_focal, nameof(lambda_focal)),
                new FocalLoss(gamma, alpha, weight, ignore_index, reduction, focal_activation, overlap.include_background,
                    nameof(focal_activation))),
        ])
    {
    }
}
