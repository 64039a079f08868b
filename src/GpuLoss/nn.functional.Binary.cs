using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss;

public static partial class nn
{
    /// <content>Binary cross-entropy, alone and with Dice.</content>
    public static partial class functional
    {
        /// <summary>See <see cref="BCEWithLogitsLoss"/>.</summary>
        /// <param name="logits">[N, C, *S], Float32, Float64, Float16 or BFloat16, of any strides.</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, or a number for every class, [N, C, *S].</param>
        /// <param name="weight">Factors of the classes, a floating-point tensor of C entries. A copy is kept.</param>
        /// <param name="pos_weight">Factors of the voxels of a class, likewise: more than 1 favours sensitivity.</param>
        /// <param name="ignore_index">With class indices, voxels with this label do not exist for the loss.</param>
        /// <param name="reduction">Mean or Sum over voxels and classes, or None: [N, C, *S].</param>
        /// <param name="mask">Voxels that count, or their weights; see <see cref="Modules.FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>Float64 for Float64 logits, else Float32; a scalar unless the reduction is None.</returns>
        /// <exception cref="ArgumentException">A tensor or an option is not as described.</exception>
        public static Tensor bce_with_logits_loss(
            Tensor logits, Tensor target, Tensor? weight = null, Tensor? pos_weight = null, long ignore_index = DefaultIgnoreIndex, Reduction reduction = Reduction.Mean,
            Tensor? mask = null)
        {
            using var loss = BCEWithLogitsLoss(
                weight, pos_weight, ignore_index, reduction);
            return Forward(loss, logits, target, mask);
        }

        /// <summary>See <see cref="DiceBCELoss"/>.</summary>
        /// <param name="logits">[N, C, *S], Float32, Float64, Float16 or BFloat16, of any strides.</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, or a number for every class, [N, C, *S].</param>
        /// <param name="include_background">Whether class 0 counts for Dice.</param>
        /// <param name="squared">Whether Dice's denominator sums squares.</param>
        /// <param name="batch">Whether Dice's sums run over the batch too.</param>
        /// <param name="weight">Factors of the classes for both terms, a floating-point tensor of C entries. A copy is kept.</param>
        /// <param name="pos_weight">As in <see cref="BCEWithLogitsLoss"/>.</param>
        /// <param name="ignore_index">With class indices, voxels with this label do not exist for the loss.</param>
        /// <param name="smooth_nr">Added to Dice's numerator.</param>
        /// <param name="smooth_dr">Added to Dice's denominator.</param>
        /// <param name="reduction">Mean or Sum, of both terms.</param>
        /// <param name="lambda_dice">Factor of Dice, not negative.</param>
        /// <param name="lambda_bce">Factor of binary cross-entropy, not negative.</param>
        /// <param name="soft_label">As in <see cref="DiceLoss"/>.</param>
        /// <param name="mask">Voxels that count, or their weights; see <see cref="Modules.FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>Float64 for Float64 logits, else Float32; a scalar unless the reduction is None.</returns>
        /// <exception cref="ArgumentException">A tensor or an option is not as described.</exception>
        public static Tensor dice_bce_loss(
            Tensor logits, Tensor target, bool include_background = true, bool squared = false, bool batch = false, Tensor? weight = null, Tensor? pos_weight = null,
            long ignore_index = DefaultIgnoreIndex, double smooth_nr = DefaultSmooth, double smooth_dr = DefaultSmooth,
            Reduction reduction = Reduction.Mean, double lambda_dice = 1, double lambda_bce = 1, bool soft_label = false,
            Tensor? mask = null)
        {
            using var loss = DiceBCELoss(
                include_background, squared, batch, weight, pos_weight, ignore_index, smooth_nr, smooth_dr, reduction, lambda_dice, lambda_bce, soft_label);
            return Forward(loss, logits, target, mask);
        }
    }
}
