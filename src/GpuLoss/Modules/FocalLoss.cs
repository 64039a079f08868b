using GpuLoss.Autograd;
using GpuLoss.Kernels.Objective;
using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Focal loss; see <see cref="nn.FocalLoss"/>.</summary>
public sealed class FocalLoss : FusedLossModule
{
    internal FocalLoss(double gamma, double? alpha, Tensor? weight, long ignore_index, Reduction reduction, nn.Activation activation)
        : base(
            LossDefinitions.OfVoxels(reduction) with
            {
                FocalGamma = LossDefinitions.NotNegative(gamma, nameof(gamma)),
                VoxelMean = VoxelMean.Elements,
            },
            WeightsOf(alpha, weight, activation), ignore_index, reduction,
            new TermOptions
            {
                Activation = LossDefinitions.ActivationOf(activation, nameof(activation)),
                VoxelActivation = LossDefinitions.ActivationOfVoxels(activation, nameof(activation)),
                Alpha = activation == nn.Activation.Sigmoid ? alpha : null,
                Unreduced = reduction == Reduction.None,
                UnreducedPerClass = reduction == Reduction.None,
            })
    {
    }

    /// <summary>The focal part of a sum of losses, whose weights alpha takes the place of.</summary>
    internal static FocalLoss AsTerm(
        double gamma, double? alpha, Tensor? weight, long ignore_index, Reduction reduction, nn.Activation focal_activation)
    {
        LossDefinitions.ActivationOfVoxels(focal_activation, nameof(focal_activation));
        return new(gamma, alpha, alpha is null ? weight : null, ignore_index, reduction, focal_activation);
    }

    private static ClassWeights WeightsOf(double? alpha, Tensor? weight, nn.Activation activation)
    {
        if (alpha is not { } share)
            return ClassWeights.From(weight);
        LossDefinitions.Share(share, nameof(alpha));
        if (activation == nn.Activation.Sigmoid)
            return ClassWeights.From(weight);
        return weight is null
            ? ClassWeights.Of(background: 1 - share, foreground: share)
            : throw new ArgumentException(
                "With the softmax give alpha or weight, not both: alpha is the weight of all classes but the background.", nameof(alpha));
    }
}
