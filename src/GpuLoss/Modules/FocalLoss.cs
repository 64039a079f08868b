using GpuLoss.Autograd;
using GpuLoss.Kernels.Objective;
using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Focal loss of softmax probabilities; see <see cref="nn.FocalLoss"/>.</summary>
public sealed class FocalLoss : FusedLossModule
{
    internal FocalLoss(double gamma, double? alpha, Tensor? weight, long ignore_index, Reduction reduction)
        : base(
            LossDefinitions.Whole(default, crossEntropyScale: 1, reduction) with
            {
                FocalGamma = LossDefinitions.NotNegative(gamma, nameof(gamma)),
                VoxelMean = VoxelMean.Elements,
            },
            WeightsOf(alpha, weight), ignore_index, reduction)
    {
    }

    private static ClassWeights WeightsOf(double? alpha, Tensor? weight)
    {
        if (alpha is not { } share)
            return ClassWeights.From(weight);
        if (weight is not null)
            throw new ArgumentException("Give alpha or weight, not both: alpha is the weight of all classes but the background.", nameof(alpha));
        return share is >= 0 and <= 1
            ? ClassWeights.Of(background: 1 - share, foreground: share)
            : throw new ArgumentOutOfRangeException(nameof(alpha), share, "alpha must lie between 0 and 1.");
    }
}
