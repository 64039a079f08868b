using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss;

/// <content>Focal loss, alone and with an overlap term.</content>
public static partial class nn
{
    /// <summary>
    /// Focal loss, <c>-w_c·t·(1 - p)^gamma·ln p</c> summed over the classes (Lin 2017, arXiv 1708.02002, equation 5): with the softmax, the
    /// term of each voxel's own class. With the sigmoid there is also <c>-w_c·(1 - t)·p^gamma·ln(1 - p)</c>, and alpha and 1 - alpha are
    /// the factors of the two. The mean is over voxels and classes, as in MONAI 1.6's <c>FocalLoss</c>: 1/C of the mean over voxels. Of
    /// probabilities that are given (<see cref="Activation.None"/>) it is that of the softmax, and with one class that of the sigmoid;
    /// numbers below 1e-7 count as 1e-7, above 1 as 1.
    /// </summary>
    /// <param name="gamma">The power, not negative. At 0 the loss is weighted cross-entropy, over C times as many elements.</param>
    /// <param name="alpha">Between 0 and 1. With the softmax, the weight of all classes but the background, whose weight is 1 - alpha; with
    /// the sigmoid, the weight of the voxels of a class, that of the others being 1 - alpha. Null weighs nothing.</param>
    /// <param name="weight">Weights of the classes, beside alpha, a floating-point tensor of C entries, or of C - 1 without the background,
    /// or of one number for all. A copy is kept.</param>
    /// <inheritdoc cref="DiceLoss" path="/param[@name='ignore_index']"/>
    /// <param name="reduction">Mean over voxels and classes, or their Sum, or None: [N, C, *S], or [N, C - 1, *S] without the
    /// background.</param>
    /// <param name="activation">What makes predictions p of the logits.</param>
    /// <param name="include_background">Whether class 0 counts, in the sum and in the number that the mean divides by. The softmax is taken
    /// over all classes in any case; MONAI's drops the logit of class 0 before it. Without the background alpha is for the sigmoid
    /// alone.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Modules.FocalLoss FocalLoss(
        double gamma = 2, double? alpha = null, Tensor? weight = null, long ignore_index = DefaultIgnoreIndex,
        Reduction reduction = Reduction.Mean,
        Activation activation = Activation.Softmax, bool include_background = true) =>
        new(gamma, alpha, weight, ignore_index, reduction, activation, include_background);

    /// <summary>
    /// <c>lambda_dice · Dice + lambda_focal · focal loss</c> in one pass forward and one backward, as MONAI 1.6's <c>DiceFocalLoss</c>,
    /// whose focal part always takes the sigmoid.
    /// </summary>
    /// <param name="include_background">Whether class 0 counts, for both terms.</param>
    /// <param name="squared">Whether Dice's denominator sums squares.</param>
    /// <param name="batch">Whether the overlap term's sums run over the batch too.</param>
    /// <param name="weight">Weights of the classes for both terms, a floating-point tensor of C entries, or of C - 1 without the
    /// background, or of one number for all. A copy is kept.</param>
    /// <inheritdoc cref="DiceLoss" path="/param[@name='ignore_index']"/>
    /// <param name="smooth_nr">Added to the numerator.</param>
    /// <param name="smooth_dr">Added to the denominator.</param>
    /// <param name="reduction">Mean or Sum, of both terms.</param>
    /// <param name="lambda_dice">Factor of the overlap term, not negative.</param>
    /// <param name="lambda_focal">Factor of focal loss, not negative.</param>
    /// <param name="gamma">As in <see cref="FocalLoss"/>.</param>
    /// <param name="alpha">As in <see cref="FocalLoss"/>.</param>
    /// <param name="activation">What makes predictions p of the logits.</param>
    /// <param name="soft_label">For targets that are probabilities: I is the sum of (|p| + |t| - |p - t|) / 2 instead of p·t, which makes
    /// the loss smallest at p = t (MONAI's <c>soft_label</c>).</param>
    /// <param name="focal_activation">What makes the p of focal loss; null takes that of <paramref name="activation"/>. MONAI's is always
    /// the sigmoid.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Modules.DiceFocalLoss DiceFocalLoss(
        bool include_background = true, bool squared = false, bool batch = false, Tensor? weight = null,
        long ignore_index = DefaultIgnoreIndex, double smooth_nr = DefaultSmooth, double smooth_dr = DefaultSmooth,
        Reduction reduction = Reduction.Mean, double lambda_dice = 1, double lambda_focal = 1, double gamma = 2, double? alpha = null,
        Activation activation = Activation.Softmax, bool soft_label = false, Activation? focal_activation = null) =>
        new(
            new(include_background, batch, smooth_nr, smooth_dr, activation, soft_label), squared, weight, ignore_index, reduction,
            lambda_dice, lambda_focal, gamma,
            alpha, focal_activation ?? activation);

    /// <summary>
    /// <c>lambda_gdl · generalized Dice + lambda_focal · focal loss</c> in one pass forward and one backward, as MONAI 1.6's
    /// <c>GeneralizedDiceFocalLoss</c>, whose focal part always takes the sigmoid.
    /// </summary>
    /// <param name="include_background">Whether class 0 counts, for both terms.</param>
    /// <param name="w_type">The class weights of generalized Dice: 1/T², 1/T or 1.</param>
    /// <param name="batch">Whether the overlap term's sums run over the batch too.</param>
    /// <param name="weight">Weights of the classes for focal loss, a floating-point tensor of C entries, or of C - 1 without the
    /// background, or of one number for all. A copy is kept.</param>
    /// <inheritdoc cref="DiceLoss" path="/param[@name='ignore_index']"/>
    /// <param name="smooth_nr">Added to the numerator.</param>
    /// <param name="smooth_dr">Added to the denominator.</param>
    /// <param name="reduction">Mean or Sum, of both terms.</param>
    /// <param name="lambda_gdl">Factor of the overlap term, not negative.</param>
    /// <param name="lambda_focal">Factor of focal loss, not negative.</param>
    /// <param name="gamma">As in <see cref="FocalLoss"/>.</param>
    /// <param name="alpha">As in <see cref="FocalLoss"/>.</param>
    /// <param name="activation">What makes predictions p of the logits.</param>
    /// <param name="soft_label">For targets that are probabilities: I is the sum of (|p| + |t| - |p - t|) / 2 instead of p·t, which makes
    /// the loss smallest at p = t (MONAI's <c>soft_label</c>).</param>
    /// <param name="focal_activation">What makes the p of focal loss; null takes that of <paramref name="activation"/>. MONAI's is always
    /// the sigmoid.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Modules.GeneralizedDiceFocalLoss GeneralizedDiceFocalLoss(
        bool include_background = true, ClassWeighting w_type = ClassWeighting.Square, bool batch = false, Tensor? weight = null,
        long ignore_index = DefaultIgnoreIndex, double smooth_nr = DefaultSmooth, double smooth_dr = DefaultSmooth,
        Reduction reduction = Reduction.Mean, double lambda_gdl = 1, double lambda_focal = 1, double gamma = 2, double? alpha = null,
        Activation activation = Activation.Softmax, bool soft_label = false, Activation? focal_activation = null) =>
        new(
            new(include_background, batch, smooth_nr, smooth_dr, activation, soft_label), w_type, weight, ignore_index, reduction,
            lambda_gdl, lambda_focal, gamma,
            alpha, focal_activation ?? activation);
}
