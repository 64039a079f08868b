using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss;

/// <content>Relatives of Dice: other ratios of the same sums, and other functions of the ratio.</content>
public static partial class nn
{
    /// <summary>
    /// Soft Jaccard loss, <c>1 - (2·I + smooth_nr) / (2·(P + T - I) + smooth_dr)</c> per class, as MONAI 1.6's
    /// <c>DiceLoss(jaccard=True)</c>, whose factor 2 makes the smoothing half as strong as in I / (P + T - I).
    /// </summary>
    /// <param name="include_background">Whether class 0 counts.</param>
    /// <param name="batch">Whether sums run over the batch too, giving one ratio per class instead of one per sample and class.</param>
    /// <param name="weight">Factors of the classes, as in <see cref="DiceLoss"/>.</param>
    /// <inheritdoc cref="DiceLoss" path="/param[@name='ignore_index']"/>
    /// <param name="smooth_nr">Added to the numerator.</param>
    /// <param name="smooth_dr">Added to the denominator. Where the whole denominator is 0, the class counts as perfect.</param>
    /// <param name="reduction">Mean or Sum over samples and classes, or None: [N, C, 1, ...] with an axis for each spatial one, [C, 1, ...]
    /// with batch.</param>
    /// <param name="activation">What makes predictions p of the logits.</param>
    /// <param name="soft_label">For targets that are probabilities: I is the sum of (|p| + |t| - |p - t|) / 2 instead of p·t, which makes
    /// the loss smallest at p = t (MONAI's <c>soft_label</c>).</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Modules.JaccardLoss JaccardLoss(
        bool include_background = true, bool batch = false, Tensor? weight = null, long ignore_index = DefaultIgnoreIndex,
        double smooth_nr = DefaultSmooth, double smooth_dr = DefaultSmooth, Reduction reduction = Reduction.Mean,
        Activation activation = Activation.Softmax, bool soft_label = false) =>
        new(new(include_background, batch, smooth_nr, smooth_dr, activation, soft_label), weight, ignore_index, reduction);

    /// <summary>
    /// Tversky loss, <c>1 - (I + smooth_nr) / (I + alpha·(P - I) + beta·(T - I) + smooth_dr)</c> per class (Salehi 2017, arXiv 1706.05721,
    /// equation 4), as MONAI 1.6's <c>TverskyLoss</c>. With alpha = beta = 0.5 it is Dice with twice the smoothing.
    /// </summary>
    /// <param name="alpha">Weight of false positives, not negative. More than <paramref name="beta"/> favours precision.</param>
    /// <param name="beta">Weight of false negatives, not negative. More than <paramref name="alpha"/> favours sensitivity.</param>
    /// <param name="include_background">Whether class 0 counts.</param>
    /// <param name="batch">Whether sums run over the batch too, giving one ratio per class instead of one per sample and class.</param>
    /// <param name="weight">Factors of the classes, as in <see cref="DiceLoss"/>.</param>
    /// <inheritdoc cref="DiceLoss" path="/param[@name='ignore_index']"/>
    /// <param name="smooth_nr">Added to the numerator.</param>
    /// <param name="smooth_dr">Added to the denominator. Where the whole denominator is 0, the class counts as perfect.</param>
    /// <param name="reduction">Mean or Sum over samples and classes, or None: [N, C], [C] with batch.</param>
    /// <param name="activation">What makes predictions p of the logits.</param>
    /// <param name="soft_label">For targets that are probabilities: I is the sum of (|p| + |t| - |p - t|) / 2 instead of p·t, which makes
    /// the loss smallest at p = t (MONAI's <c>soft_label</c>).</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Modules.TverskyLoss TverskyLoss(
        double alpha = 0.5, double beta = 0.5, bool include_background = true, bool batch = false, Tensor? weight = null,
        long ignore_index = DefaultIgnoreIndex,
        double smooth_nr = DefaultSmooth, double smooth_dr = DefaultSmooth, Reduction reduction = Reduction.Mean,
        Activation activation = Activation.Softmax, bool soft_label = false) =>
        new(new(include_background, batch, smooth_nr, smooth_dr, activation, soft_label), alpha, beta, weight, ignore_index, reduction);

    /// <summary>
    /// Focal Tversky loss, the Tversky loss of each class to the power of gamma (Abraham and Khan 2018, arXiv 1810.07842, equation 4, which
    /// writes the exponent as 1/γ). A class that is perfect contributes no gradient.
    /// </summary>
    /// <param name="alpha">Weight of false positives, not negative. More than <paramref name="beta"/> favours precision.</param>
    /// <param name="beta">Weight of false negatives, not negative. More than <paramref name="alpha"/> favours sensitivity.</param>
    /// <param name="gamma">The exponent, more than 0: below 1 it draws attention to classes that are nearly right, above 1 to those that
    /// are not.</param>
    /// <param name="include_background">Whether class 0 counts.</param>
    /// <param name="batch">Whether sums run over the batch too, giving one ratio per class instead of one per sample and class.</param>
    /// <param name="weight">Factors of the classes, as in <see cref="DiceLoss"/>.</param>
    /// <inheritdoc cref="DiceLoss" path="/param[@name='ignore_index']"/>
    /// <param name="smooth_nr">Added to the numerator.</param>
    /// <param name="smooth_dr">Added to the denominator. Where the whole denominator is 0, the class counts as perfect.</param>
    /// <param name="reduction">Mean or Sum over samples and classes, or None: [N, C], [C] with batch.</param>
    /// <param name="activation">What makes predictions p of the logits.</param>
    /// <param name="soft_label">For targets that are probabilities: I is the sum of (|p| + |t| - |p - t|) / 2 instead of p·t, which makes
    /// the loss smallest at p = t (MONAI's <c>soft_label</c>).</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Modules.FocalTverskyLoss FocalTverskyLoss(
        double alpha = 0.3, double beta = 0.7, double gamma = 0.75, bool include_background = true, bool batch = false,
        Tensor? weight = null, long ignore_index = DefaultIgnoreIndex,
        double smooth_nr = DefaultSmooth, double smooth_dr = DefaultSmooth, Reduction reduction = Reduction.Mean,
        Activation activation = Activation.Softmax, bool soft_label = false) =>
        new(new(include_background, batch, smooth_nr, smooth_dr, activation, soft_label), alpha, beta, gamma, weight, ignore_index,
            reduction);

    /// <summary>
    /// Logarithmic Dice loss, <c>(-ln((2·I + smooth_nr) / (P + T + smooth_dr)))^gamma</c> per class: the Dice part of the exponential
    /// logarithmic loss (Wong
    /// 2018, arXiv 1809.00076, equation 2, with gamma = 0.3). With smooth_nr = 0 a class that is missed altogether has an infinite loss.
    /// </summary>
    /// <param name="gamma">The exponent, more than 0.</param>
    /// <param name="include_background">Whether class 0 counts.</param>
    /// <param name="batch">Whether sums run over the batch too, giving one ratio per class instead of one per sample and class.</param>
    /// <param name="weight">Factors of the classes, as in <see cref="DiceLoss"/>.</param>
    /// <inheritdoc cref="DiceLoss" path="/param[@name='ignore_index']"/>
    /// <param name="smooth_nr">Added to the numerator.</param>
    /// <param name="smooth_dr">Added to the denominator. Where the whole denominator is 0, the class counts as perfect.</param>
    /// <param name="reduction">Mean or Sum over samples and classes, or None: [N, C, 1, ...] with an axis for each spatial one, [C, 1, ...]
    /// with batch.</param>
    /// <param name="activation">What makes predictions p of the logits.</param>
    /// <param name="soft_label">For targets that are probabilities: I is the sum of (|p| + |t| - |p - t|) / 2 instead of p·t, which makes
    /// the loss smallest at p = t (MONAI's <c>soft_label</c>).</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Modules.LogDiceLoss LogDiceLoss(
        double gamma = 1, bool include_background = true, bool batch = false, Tensor? weight = null, long ignore_index = DefaultIgnoreIndex,
        double smooth_nr = DefaultSmooth, double smooth_dr = DefaultSmooth, Reduction reduction = Reduction.Mean,
        Activation activation = Activation.Softmax, bool soft_label = false) =>
        new(new(include_background, batch, smooth_nr, smooth_dr, activation, soft_label), gamma, weight, ignore_index, reduction);

    /// <summary>
    /// An overlap loss of your own: any function of I, P and T written with torch's operations, which autograd differentiates. The logits
    /// are still read in one pass forward and one backward; the function sees a few numbers per sample and class.
    /// </summary>
    /// <param name="loss">From I = Σ p·t, P = Σ p and T = Σ t, float64 [N, C] each, to the loss, usually a scalar.</param>
    /// <param name="squared">Whether P = Σ p².</param>
    /// <param name="ignore_index">Voxels with this label do not exist for the sums.</param>
    /// <param name="activation">What makes predictions p of the logits.</param>
    /// <param name="soft_label">For targets that are probabilities: I is the sum of (|p| + |t| - |p - t|) / 2 instead of p·t, which makes
    /// the loss smallest at p = t (MONAI's <c>soft_label</c>).</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Modules.OverlapLoss OverlapLoss(
        Func<Tensor, Tensor, Tensor, Tensor> loss, bool squared = false, long ignore_index = DefaultIgnoreIndex,
        Activation activation = Activation.Softmax, bool soft_label = false)
    {
        ArgumentNullException.ThrowIfNull(loss);
        return new((intersection, prediction, target, _) =>
            loss(intersection, prediction, target), squared, ignore_index, activation, soft_label);
    }

    /// <summary>
    /// The same with a function that is told the number of voxels too, of which true negatives are made: <c>OverlapLoss((i, p, t, v) => 1 -
    /// ((v - p - t + i) / v).mean())</c>, say, the mean share of voxels that are rightly not of a class.
    /// </summary>
    /// <param name="loss">From I = Σ p·t, P = Σ p and T = Σ t, float64 [N, C] each, and the voxels that count, or the sum of their weights,
    /// float64 [N, 1], to the loss, usually a scalar.</param>
    /// <inheritdoc cref="OverlapLoss(Func{Tensor, Tensor, Tensor, Tensor}, bool, long, Activation, bool)" path="/param[@name!='loss']"/>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Modules.OverlapLoss OverlapLoss(
        Func<Tensor, Tensor, Tensor, Tensor, Tensor> loss, bool squared = false, long ignore_index = DefaultIgnoreIndex,
        Activation activation = Activation.Softmax, bool soft_label = false) =>
        new(loss, squared, ignore_index, activation, soft_label);
}
