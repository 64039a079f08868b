using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss;

/// <content>Losses of the voxels that are worst.</content>
public static partial class nn
{
    /// <summary>
    /// The mean cross-entropy of the k % of all voxels where it is largest, as nnU-Net's <c>TopKLoss</c>: voxels that are ignored count as
    /// correct ones, and of the number of voxels the whole part is taken, but one at least. Voxels that are equal to the last that counts
    /// share what is left, so that the gradient does not depend on any order. This is the one loss that keeps a number for every voxel
    /// between forward and backward.
    /// </summary>
    /// <param name="k">Percent of the voxels, more than 0 and at most 100.</param>
    /// <param name="weight">Weights of the classes, a floating-point tensor of C entries; the mean is not divided by them. A copy is
    /// kept.</param>
    /// <param name="ignore_index">Voxels with this label have no loss.</param>
    /// <param name="label_smoothing">As in <see cref="CrossEntropyLoss"/>.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Modules.TopKCrossEntropyLoss TopKCrossEntropyLoss(
        double k = 10, Tensor? weight = null, long ignore_index = DefaultIgnoreIndex, double label_smoothing = 0) =>
        new(k, weight, ignore_index, label_smoothing);

    /// <summary>
    /// <c>lambda_dice · Dice + lambda_ce · cross-entropy of the worst k %</c> in one pass forward and one backward: nnU-Net's
    /// <c>DC_and_topk_loss</c>, but for the sign of Dice.
    /// </summary>
    /// <param name="k">As in <see cref="TopKCrossEntropyLoss"/>.</param>
    /// <param name="include_background">Whether class 0 counts for Dice.</param>
    /// <param name="squared">Whether Dice's denominator sums squares.</param>
    /// <param name="batch">Whether Dice's sums run over the batch too.</param>
    /// <param name="weight">Weights of the classes for both terms, a floating-point tensor of C entries. A copy is kept.</param>
    /// <param name="ignore_index">Voxels with this label do not exist for Dice, and have no cross-entropy.</param>
    /// <param name="smooth_nr">Added to Dice's numerator.</param>
    /// <param name="smooth_dr">Added to Dice's denominator.</param>
    /// <param name="lambda_dice">Factor of Dice, not negative.</param>
    /// <param name="lambda_ce">Factor of cross-entropy, not negative.</param>
    /// <param name="activation">What makes predictions p of the logits for Dice.</param>
    /// <param name="soft_label">As in <see cref="DiceLoss"/>.</param>
    /// <param name="label_smoothing">As in <see cref="CrossEntropyLoss"/>.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Modules.DiceTopKLoss DiceTopKLoss(
        double k = 10, bool include_background = true, bool squared = false, bool batch = false, Tensor? weight = null,
        long ignore_index = DefaultIgnoreIndex, double smooth_nr = DefaultSmooth, double smooth_dr = DefaultSmooth, double lambda_dice = 1,
        double lambda_ce = 1, Activation activation = Activation.Softmax, bool soft_label = false, double label_smoothing = 0) =>
        new(
            new(include_background, batch, smooth_nr, smooth_dr, activation, soft_label), k, squared, weight, ignore_index, lambda_dice,
            lambda_ce,
            label_smoothing);
}
