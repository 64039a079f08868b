namespace GpuLoss;

/// <content>Unified focal losses.</content>
public static partial class nn
{
    /// <summary>
    /// Asymmetric unified focal loss (Yeung 2022, arXiv 2102.04525), of any number of classes of which class 0 is the background:
    /// <c>weight · F + (1 - weight) · T</c>. F is the mean over voxels of <c>-(1 - delta)·(1 - p)^gamma·ln p</c> in the background and
    /// <c>-delta·ln p</c> elsewhere; T is the mean over samples and classes of one minus the Tversky ratio <c>(I + epsilon) / (I + delta·(T
    /// - I) + (1 - delta)·(P - I) + epsilon)</c>, to the power of 1 - gamma in all classes but the background. So easy voxels of the
    /// background weigh less, and classes that are nearly right are not given up. With two classes it is MONAI 1.6's, whose input are
    /// probabilities and which clamps these to between epsilon and 1 - epsilon.
    /// </summary>
    /// <param name="weight">The share of F, from 0 to 1.</param>
    /// <param name="delta">What a class weighs that is not the background, and a false negative, from 0 to 1. MONAI's is 0.7, that of the
    /// authors' code
    /// 0.6.</param>
    /// <param name="gamma">How much easy voxels and classes are suppressed, or the others enhanced: 0 or more, less than 1.</param>
    /// <inheritdoc cref="DiceLoss" path="/param[@name='ignore_index']"/>
    /// <param name="epsilon">Added above and below the Tversky ratio.</param>
    /// <param name="activation">What makes p of the logits: Softmax, or None for probabilities.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Modules.AsymmetricUnifiedFocalLoss AsymmetricUnifiedFocalLoss(
        double weight = 0.5, double delta = 0.7, double gamma = 0.5, long ignore_index = DefaultIgnoreIndex,
        double epsilon = DefaultUnifiedEpsilon,
        Activation activation = Activation.Softmax) =>
        new(new Modules.UnifiedFocalOptions(weight, delta, gamma, epsilon, ignore_index, activation).Checked());

    /// <summary>
    /// Symmetric unified focal loss (Yeung 2022, arXiv 2102.04525): <see cref="AsymmetricUnifiedFocalLoss"/> with both powers in every
    /// class, the background too.
    /// </summary>
    /// <inheritdoc cref="AsymmetricUnifiedFocalLoss" path="/param"/>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Modules.SymmetricUnifiedFocalLoss SymmetricUnifiedFocalLoss(
        double weight = 0.5, double delta = 0.7, double gamma = 0.5, long ignore_index = DefaultIgnoreIndex,
        double epsilon = DefaultUnifiedEpsilon,
        Activation activation = Activation.Softmax) =>
        new(new Modules.UnifiedFocalOptions(weight, delta, gamma, epsilon, ignore_index, activation).Checked());

    private const double DefaultUnifiedEpsilon = 1e-7;
}
