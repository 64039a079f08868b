using GpuLoss.Autograd;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Reduction = TorchSharp.torch.nn.Reduction;

namespace GpuLoss.Modules;

/// <summary>Asymmetric unified focal loss; see <see cref="nn.AsymmetricUnifiedFocalLoss"/>.</summary>
public sealed class AsymmetricUnifiedFocalLoss : CompoundLoss
{
    internal AsymmetricUnifiedFocalLoss(UnifiedFocalOptions options)
        : base(
        [
            options.Focal(options.gamma, background: true, foreground: false),
            options.Focal(0, background: false, foreground: true),
            options.Tversky(0, background: true, foreground: false),
            options.Tversky(options.gamma, background: false, foreground: true),
        ])
    {
    }
}

/// <summary>Symmetric unified focal loss; see <see cref="nn.SymmetricUnifiedFocalLoss"/>.</summary>
public sealed class SymmetricUnifiedFocalLoss : CompoundLoss
{
    internal SymmetricUnifiedFocalLoss(UnifiedFocalOptions options)
        : base([options.Focal(options.gamma, background: true, foreground: true),
            options.Tversky(options.gamma, background: true, foreground: true)])
    {
    }
}

/// <summary>The options of unified focal losses, and the terms these are made of.</summary>
/// <param name="weight">The share of the focal part.</param>
/// <param name="delta">What the foreground weighs, and what false negatives do.</param>
/// <param name="gamma">The power of 1 - p; that of the Tversky part is 1 - gamma.</param>
/// <param name="epsilon">Added above and below the Tversky ratio.</param>
/// <param name="ignore_index">The ignored label.</param>
/// <param name="activation">What makes p of the logits.</param>
internal readonly record struct UnifiedFocalOptions(
    double weight, double delta, double gamma, double epsilon, long ignore_index, nn.Activation activation)
{
    /// <summary>Checks them.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is out of its range.</exception>
    public UnifiedFocalOptions Checked()
    {
        LossDefinitions.Share(weight, nameof(weight));
        LossDefinitions.Share(delta, nameof(delta));
        LossDefinitions.NotNegative(epsilon, nameof(epsilon));
        LossDefinitions.CrossEntropyTerm(activation, nameof(activation), label_smoothing: 0);
        return gamma is >= 0 and < 1
            ? this
            : throw new ArgumentOutOfRangeException(nameof(gamma), gamma, "gamma must be 0 or more and less than 1: 1 - gamma is a power.");
    }

    /// <summary>Focal loss of some classes, its mean over the voxels; the background weighs 1 - delta and the others delta.</summary>
    public (double Factor, Loss<torch.Tensor, torch.Tensor, torch.Tensor> Term) Focal(double power, bool background, bool foreground) =>
        Term(
        weight,
        LossDefinitions.OfVoxels(Reduction.Mean) with { FocalGamma = power, VoxelMean = VoxelMean.Voxels },
        ClassWeights.Of(background ? 1 - delta : 0, foreground ? delta : 0));

    /// <summary>The Tversky loss of some classes to the power of 1 less a number, its mean over samples and all classes.</summary>
    public (double Factor, Loss<torch.Tensor, torch.Tensor, torch.Tensor> Term) Tversky(double power, bool background, bool foreground) =>
        Term(
        1 - weight,
        LossDefinitions.Whole(
            LossDefinitions.Tversky(new(true, false, epsilon, epsilon, activation, false), 1 - delta, delta) with { Exponent = 1 - power },
            crossEntropyScale: 0, Reduction.Mean),
        ClassWeights.Of(background ? 1 : 0, foreground ? 1 : 0));

    private (double Factor, Loss<torch.Tensor, torch.Tensor, torch.Tensor> Term) Term(
        double factor, LossDefinition definition, ClassWeights weights) =>
        (factor, new PartOfUnifiedFocalLoss(
            definition, weights, ignore_index, LossDefinitions.CrossEntropyTerm(activation, nameof(activation), label_smoothing: 0)));
}

/// <summary>A term of a unified focal loss, which is no loss with a name of its own.</summary>
internal sealed class PartOfUnifiedFocalLoss(LossDefinition definition, ClassWeights weights, long ignore_index, TermOptions options)
    : FusedLossModule(definition, weights, ignore_index, Reduction.Mean, options);
