using GpuLoss.Autograd;
using GpuLoss.Interop.Engines;
using Device = TorchSharp.torch.Device;
using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss;

/// <summary>
/// Fused segmentation losses, named and called like torch's: <c>using fused = GpuLoss.nn; var criterion = fused.DiceCELoss();</c>. All of
/// them take logits [N, C, *S] and apply the activation themselves, the softmax over C unless told otherwise. In the formulas p is that of
/// the logits, t is 1 where the label of a voxel is the class and 0 elsewhere, I = Σ p·t, P = Σ p, T = Σ t, summed over the voxels of a
/// sample that are not ignored.
/// </summary>
public static partial class nn
{
    /// <summary>The label that is ignored unless another is asked for, as in torch.</summary>
    internal const long DefaultIgnoreIndex = -100;

    private const double DefaultSmooth = 1e-5;

    /// <summary>
    /// The exception behind the last <c>backward()</c> of a fused loss that failed, on any thread, or null. libtorch reports such a failure
    /// as an invalid gradient; the cause cannot travel through its native frames and is kept here.
    /// </summary>
    public static Exception? last_backward_exception => BackwardFailure.Last;

    /// <summary>
    /// Whether a forward on a GPU waits until its labels have been looked at, so that it is the call with the wrong labels that throws. Off
    /// by default: nothing waits for the GPU then, and labels out of range are reported by the next forward on that GPU which finds the
    /// earlier one done, or by <see cref="check_labels"/>. On the CPU a forward always reports its own labels.
    /// </summary>
    public static bool check_labels_at_once { get; set; }

    /// <summary>
    /// Waits for the forwards of a device and reports labels out of range that have not been reported yet: after the last step of an epoch,
    /// say. On the CPU there is never anything left to report.
    /// </summary>
    /// <param name="device">The device of the logits.</param>
    /// <exception cref="ArgumentException">Labels of an earlier forward are outside 0..C-1 and not its ignore_index; the message says how
    /// many. Where several forwards had such labels, this is the oldest, and the next call reports the next.</exception>
    /// <exception cref="NotSupportedException">There is no engine for this kind of device, or no CUDA driver.</exception>
    public static void check_labels(Device device) => LossEngines.For(device).CheckLabels();

    /// <summary>
    /// Soft Dice loss, <c>1 - (2·I + smooth_nr) / (P + T + smooth_dr)</c> per class, as MONAI 1.6's <c>DiceLoss</c>; with
    /// <paramref name="squared"/> the denominator is <c>Σ p² + Σ t²</c>, as in V-Net (Milletari 2016, arXiv 1606.04797, equation 1) and
    /// MONAI's <c>squared_pred</c>.
    /// </summary>
    /// <param name="include_background">Whether class 0 counts.</param>
    /// <param name="squared">Whether the denominator sums squares.</param>
    /// <param name="batch">Whether sums run over the batch too, giving one ratio per class instead of one per sample and class.</param>
    /// <param name="weight">Factors of the classes, a floating-point tensor of C entries, or C - 1 without background. The mean is taken
    /// over the weighted values and not divided by the weights, as in MONAI. A copy is kept.</param>
    /// <param name="ignore_index">Voxels with this label do not exist for the loss.</param>
    /// <param name="smooth_nr">Added to the numerator.</param>
    /// <param name="smooth_dr">Added to the denominator. Where the whole denominator is 0, the class counts as perfect.</param>
    /// <param name="reduction">Mean or Sum over samples and classes, or None: [N, C, 1, ...] with an axis for each spatial one, [C, 1, ...]
    /// with batch.</param>
    /// <param name="activation">What makes predictions p of the logits.</param>
    /// <param name="soft_label">For targets that are probabilities: I is the sum of (|p| + |t| - |p - t|) / 2 instead of p·t, which makes
    /// the loss smallest at p = t (MONAI's <c>soft_label</c>).</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Modules.DiceLoss DiceLoss(
        bool include_background = true, bool squared = false, bool batch = false, Tensor? weight = null,
        long ignore_index = DefaultIgnoreIndex, double smooth_nr = DefaultSmooth, double smooth_dr = DefaultSmooth,
        Reduction reduction = Reduction.Mean,
        Activation activation = Activation.Softmax, bool soft_label = false) =>
        new(new(include_background, batch, smooth_nr, smooth_dr, activation, soft_label), squared, weight, ignore_index, reduction);

    /// <summary>
    /// Generalized Dice loss, <c>1 - (2·Σ_c w_c·I_c + smooth_nr) / (Σ_c w_c·(P_c + T_c) + smooth_dr)</c> per sample, of Sudre 2017
    /// (arXiv 1707.03237), with the conventions of MONAI 1.6's <c>GeneralizedDiceLoss</c>: a class that is absent, whose weight would be
    /// infinite, gets the largest finite weight of the sample (of all classes with <paramref name="batch"/>), or 0 where there is none.
    /// </summary>
    /// <param name="include_background">Whether class 0 counts.</param>
    /// <param name="w_type">The weights: 1/T², 1/T or 1.</param>
    /// <param name="batch">Whether sums run over the batch too, giving one ratio instead of one per sample.</param>
    /// <inheritdoc cref="DiceLoss" path="/param[@name='ignore_index']"/>
    /// <param name="smooth_nr">Added to the numerator.</param>
    /// <param name="smooth_dr">Added to the denominator. Where the whole denominator is 0, the sample counts as perfect.</param>
    /// <param name="reduction">Mean or Sum over samples, or None: [N, 1, 1, ...] with an axis for each spatial one, [1, 1, ...] with
    /// batch.</param>
    /// <param name="activation">What makes predictions p of the logits.</param>
    /// <param name="soft_label">For targets that are probabilities: I is the sum of (|p| + |t| - |p - t|) / 2 instead of p·t, which makes
    /// the loss smallest at p = t (MONAI's <c>soft_label</c>).</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Modules.GeneralizedDiceLoss GeneralizedDiceLoss(
        bool include_background = true, ClassWeighting w_type = ClassWeighting.Square, bool batch = false,
        long ignore_index = DefaultIgnoreIndex, double smooth_nr = DefaultSmooth, double smooth_dr = DefaultSmooth,
        Reduction reduction = Reduction.Mean,
        Activation activation = Activation.Softmax, bool soft_label = false) =>
        new(new(include_background, batch, smooth_nr, smooth_dr, activation, soft_label), w_type, ignore_index, reduction);

    /// <summary>
    /// Cross-entropy of the softmax, as <c>torch.nn.CrossEntropyLoss</c>: of class indices <c>Σ w_y·(-log p_y) / Σ w_y</c> over the voxels
    /// that are not ignored, of probabilities <c>Σ w_c·t_c·(-log p_c)</c> divided by the number of voxels. Where all voxels are ignored the
    /// loss is 0; torch gives NaN. Without an activation p is what the network gives, a number from 0 to 1; what is below 1e-7 counts as
    /// 1e-7, above 1 as 1.
    /// </summary>
    /// <param name="weight">Weights of the classes, a floating-point tensor of C entries. A copy is kept.</param>
    /// <inheritdoc cref="DiceLoss" path="/param[@name='ignore_index']"/>
    /// <param name="reduction">Mean or Sum over voxels, or None: [N, *S]. The mean of class indices is weighted.</param>
    /// <param name="label_smoothing">ε from 0 to 1: cross-entropy sees (1 - ε)·t + ε / C, as torch's.</param>
    /// <param name="activation">What makes p of the logits: Softmax, or None for probabilities.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Modules.CrossEntropyLoss CrossEntropyLoss(
        Tensor? weight = null, long ignore_index = DefaultIgnoreIndex, Reduction reduction = Reduction.Mean,
        double label_smoothing = 0, Activation activation = Activation.Softmax) =>
        new(weight, ignore_index, reduction, label_smoothing, activation);

    /// <summary>
    /// <c>lambda_dice · Dice + lambda_ce · cross-entropy</c>, as MONAI 1.6's <c>DiceCELoss</c>. The background option and the activation
    /// are Dice's: cross-entropy always sees all classes and takes the softmax, or what <paramref name="ce_activation"/> says. With one
    /// class take <see cref="DiceBCELoss"/>.
    /// </summary>
    /// <param name="include_background">Whether class 0 counts for Dice.</param>
    /// <param name="squared">Whether Dice's denominator sums squares.</param>
    /// <param name="batch">Whether Dice's sums run over the batch too.</param>
    /// <param name="weight">Weights of the classes for both terms, a floating-point tensor of C entries. A copy is kept.</param>
    /// <inheritdoc cref="DiceLoss" path="/param[@name='ignore_index']"/>
    /// <param name="smooth_nr">Added to Dice's numerator.</param>
    /// <param name="smooth_dr">Added to Dice's denominator.</param>
    /// <param name="reduction">Mean or Sum, of both terms.</param>
    /// <param name="lambda_dice">Factor of Dice, not negative.</param>
    /// <param name="lambda_ce">Factor of cross-entropy, not negative.</param>
    /// <param name="activation">What makes predictions p of the logits for Dice. MONAI's unless said is None.</param>
    /// <param name="soft_label">For targets that are probabilities: I is the sum of (|p| + |t| - |p - t|) / 2 instead of p·t, which makes
    /// the loss smallest at p = t (MONAI's <c>soft_label</c>).</param>
    /// <param name="label_smoothing">ε from 0 to 1: cross-entropy sees (1 - ε)·t + ε / C, as torch's.</param>
    /// <param name="ce_activation">What makes the p of cross-entropy: Softmax, or None for probabilities.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Modules.DiceCELoss DiceCELoss(
        bool include_background = true, bool squared = false, bool batch = false, Tensor? weight = null,
        long ignore_index = DefaultIgnoreIndex, double smooth_nr = DefaultSmooth, double smooth_dr = DefaultSmooth,
        Reduction reduction = Reduction.Mean, double lambda_dice = 1, double lambda_ce = 1,
        Activation activation = Activation.Softmax, bool soft_label = false, double label_smoothing = 0,
        Activation ce_activation = Activation.Softmax) =>
        new(
            new(include_background, batch, smooth_nr, smooth_dr, activation, soft_label), squared, weight, ignore_index, reduction,
            lambda_dice, lambda_ce,
            label_smoothing, ce_activation);
}
