using GpuLoss.Autograd;
using GpuLoss.Kernels.Objective;
using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Focal loss; see <see cref="nn.FocalLoss"/>.</summary>
public sealed class FocalLoss : FusedLossModule
{
    internal FocalLoss(
        double gamma, double? alpha, Tensor? weight, long ignore_index, Reduction reduction, nn.Activation activation,
        bool include_background,
        string nameOfActivation = "activation")
        : base(
            LossDefinitions.OfVoxels(reduction) with
            {
                FocalGamma = LossDefinitions.NotNegative(gamma, nameof(gamma)),
                VoxelMean = VoxelMean.Elements,
                FirstVoxelClass = include_background ? 0 : 1,
            },
            WeightsOf(alpha, weight, activation, include_background), ignore_index, reduction,
            new TermOptions
            {
                VoxelActivation = LossDefinitions.ActivationOf(activation, nameOfActivation),
                Activation = LossDefinitions.ActivationOf(activation, nameOfActivation),
                Alpha = activation == nn.Activation.Softmax ? null : alpha,
                Unreduced = reduction == Reduction.None,
                UnreducedPerClass = reduction == Reduction.None,
            })
    {
    }

    private static ClassWeights WeightsOf(double? alpha, Tensor? weight, nn.Activation activation, bool include_background)
    {
        var weights = ClassWeights.From(weight).Times(include_background ? 1 : 0, 1);
        if (alpha is not { } share)
            return weights;
        LossDefinitions.Share(share, nameof(alpha));
        if (!include_background && activation != nn.Activation.Sigmoid)
        {
            throw new ArgumentException(
                "alpha weighs the other classes against the background, which include_background = false leaves out: give weight instead.",
                nameof(alpha));
        }

        return activation == nn.Activation.Softmax ? weights.Times(1 - share, share) : weights;
    }
}
