using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss;

/// <content>Binary cross-entropy, alone and with Dice.</content>
public static partial class nn
{
    /// <summary>
    /// Binary cross-entropy of the sigmoid of every class by itself, <c>-w_c·(pos_weight_c·t·ln p + (1 - t)·ln(1 - p))</c>, as
    /// <c>torch.nn.BCEWithLogitsLoss</c>: for regions that overlap, or one class. The mean is over voxels and classes.
    /// </summary>
    /// <param name="weight">Factors of the classes, a floating-point tensor of C entries. A copy is kept.</param>
    /// <param name="pos_weight">Factors of the voxels of a class, likewise: more than 1 favours sensitivity.</param>
    /// <param name="ignore_index">With class indices, voxels with this label do not exist for the loss.</param>
    /// <param name="reduction">Mean or Sum over voxels and classes, or None: [N, C, *S].</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Modules.BCEWithLogitsLoss BCEWithLogitsLoss(
        Tensor? weight = null, Tensor? pos_weight = null, long ignore_index = DefaultIgnoreIndex, Reduction reduction = Reduction.Mean) =>
        new(weight, pos_weight, ignore_index, reduction);

    /// <summary>
    /// <c>lambda_dice · Dice + lambda_bce · binary cross-entropy</c>, both of the sigmoid, in one pass forward and one backward: nnU-Net's
    /// loss of regions, but for the sign of Dice and its mean of binary cross-entropy under a mask, which is C times larger there than
    /// without one.
    /// </summary>
    /// <param name="include_background">Whether class 0 counts for Dice.</param>
    /// <param name="squared">Whether Dice's denominator sums squares.</param>
    /// <param name="batch">Whether Dice's sums run over the batch too.</param>
    /// <param name="weight">Factors of the classes for both terms, a floating-point tensor of C entries. A copy is kept.</param>
    /// <param name="pos_weight">As in <see cref="BCEWithLogitsLoss"/>.</param>
    /// <inheritdoc cref="BCEWithLogitsLoss" path="/param[@name='ignore_index']"/>
    /// <param name="smooth_nr">Added to Dice's numerator.</param>
    /// <param name="smooth_dr">Added to Dice's denominator.</param>
    /// <param name="reduction">Mean or Sum, of both terms.</param>
    /// <param name="lambda_dice">Factor of Dice, not negative.</param>
    /// <param name="lambda_bce">Factor of binary cross-entropy, not negative.</param>
    /// <param name="soft_label">As in <see cref="DiceLoss"/>.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Modules.DiceBCELoss DiceBCELoss(
        bool include_background = true, bool squared = false, bool batch = false, Tensor? weight = null, Tensor? pos_weight = null,
        long ignore_index = DefaultIgnoreIndex, double smooth_nr = DefaultSmooth, double smooth_dr = DefaultSmooth,
        Reduction reduction = Reduction.Mean, double lambda_dice = 1, double lambda_bce = 1, bool soft_label = false) =>
        new(
            new(include_background, batch, smooth_nr, smooth_dr, Activation.Sigmoid, soft_label), squared, weight, pos_weight,
            ignore_index, reduction,
            lambda_dice, lambda_bce);
}
