using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss;

public static partial class nn
{
    /// <content>Focal loss, alone and with an overlap term.</content>
    public static partial class functional
    {
        /// <summary>See <see cref="FocalLoss"/>.</summary>
        /// <param name="logits">[N, C, *S], Float32, Float64, Float16 or BFloat16, of any strides.</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, or a number for every class, [N, C, *S].</param>
        /// <param name="gamma">The power, not negative. At 0 the loss is weighted cross-entropy, over C times as many elements.</param>
        /// <param name="alpha">Weight of all classes but the background, whose weight is 1 - alpha; between 0 and 1. Null weighs nothing.</param>
        /// <param name="weight">Weights of the classes instead of alpha, a floating-point tensor of C entries. A copy is kept.</param>
        /// <param name="ignore_index">Voxels with this label do not exist for the loss.</param>
        /// <param name="reduction">Mean over voxels and classes, or Sum over voxels.</param>
        /// <param name="activation">What makes predictions p of the logits.</param>
        /// <param name="mask">Voxels that count, or their weights; see <see cref="Modules.FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>Float64 for Float64 logits, else Float32; a scalar unless the reduction is None.</returns>
        /// <exception cref="ArgumentException">An option is out of its range.</exception>
        public static Tensor focal_loss(
            Tensor logits, Tensor target, double gamma = 2, double? alpha = null, Tensor? weight = null, long ignore_index = DefaultIgnoreIndex,
            Reduction reduction = Reduction.Mean,
            Activation activation = Activation.Softmax, Tensor? mask = null)
        {
            using var loss = FocalLoss(gamma, alpha, weight, ignore_index, reduction, activation);
            return Forward(loss, logits, target, mask);
        }

        /// <summary>See <see cref="DiceFocalLoss"/>.</summary>
        /// <param name="logits">[N, C, *S], Float32, Float64, Float16 or BFloat16, of any strides.</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, or a number for every class, [N, C, *S].</param>
        /// <param name="include_background">Whether class 0 counts for the overlap term.</param>
        /// <param name="squared">Whether Dice's denominator sums squares.</param>
        /// <param name="batch">Whether the overlap term's sums run over the batch too.</param>
        /// <param name="weight">Weights of the classes, a floating-point tensor of C entries, for Dice, and for focal loss unless there is an alpha. A copy
        /// is kept.</param>
        /// <param name="ignore_index">Voxels with this label do not exist for the loss.</param>
        /// <param name="smooth_nr">Added to the numerator.</param>
        /// <param name="smooth_dr">Added to the denominator.</param>
        /// <param name="reduction">Mean or Sum, of both terms.</param>
        /// <param name="lambda_dice">Factor of the overlap term, not negative.</param>
        /// <param name="lambda_focal">Factor of focal loss, not negative.</param>
        /// <param name="gamma">As in <see cref="FocalLoss"/>.</param>
        /// <param name="alpha">As in <see cref="FocalLoss"/>.</param>
        /// <param name="activation">What makes predictions p of the logits.</param>
        /// <param name="soft_label">For targets that are probabilities: I is made of |p - t|, which makes the loss smallest at p = t.</param>
        /// <param name="focal_activation">What makes the p of focal loss, Softmax or Sigmoid; null takes that of <paramref name="activation"/>. MONAI's is
        /// always the sigmoid.</param>
        /// <param name="mask">Voxels that count, or their weights; see <see cref="Modules.FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>Float64 for Float64 logits, else Float32; a scalar unless the reduction is None.</returns>
        /// <exception cref="ArgumentException">An option is out of its range.</exception>
        public static Tensor dice_focal_loss(
            Tensor logits, Tensor target, bool include_background = true, bool squared = false, bool batch = false, Tensor? weight = null,
            long ignore_index = DefaultIgnoreIndex, double smooth_nr = DefaultSmooth, double smooth_dr = DefaultSmooth,
            Reduction reduction = Reduction.Mean, double lambda_dice = 1, double lambda_focal = 1, double gamma = 2, double? alpha = null,
            Activation activation = Activation.Softmax, bool soft_label = false, Activation? focal_activation = null, Tensor? mask = null)
        {
            using var loss = DiceFocalLoss(
                include_background, squared, batch, weight, ignore_index, smooth_nr, smooth_dr, reduction, lambda_dice, lambda_focal, gamma, alpha, activation, soft_label, focal_activation);
            return Forward(loss, logits, target, mask);
        }

        /// <summary>See <see cref="GeneralizedDiceFocalLoss"/>.</summary>
        /// <param name="logits">[N, C, *S], Float32, Float64, Float16 or BFloat16, of any strides.</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, or a number for every class, [N, C, *S].</param>
        /// <param name="include_background">Whether class 0 counts for the overlap term.</param>
        /// <param name="w_type">The class weights of generalized Dice: 1/T², 1/T or 1.</param>
        /// <param name="batch">Whether the overlap term's sums run over the batch too.</param>
        /// <param name="weight">Weights of the classes, a floating-point tensor of C entries, for focal loss unless there is an alpha. A copy is kept.</param>
        /// <param name="ignore_index">Voxels with this label do not exist for the loss.</param>
        /// <param name="smooth_nr">Added to the numerator.</param>
        /// <param name="smooth_dr">Added to the denominator.</param>
        /// <param name="reduction">Mean or Sum, of both terms.</param>
        /// <param name="lambda_gdl">Factor of the overlap term, not negative.</param>
        /// <param name="lambda_focal">Factor of focal loss, not negative.</param>
        /// <param name="gamma">As in <see cref="FocalLoss"/>.</param>
        /// <param name="alpha">As in <see cref="FocalLoss"/>.</param>
        /// <param name="activation">What makes predictions p of the logits.</param>
        /// <param name="soft_label">For targets that are probabilities: I is made of |p - t|, which makes the loss smallest at p = t.</param>
        /// <param name="focal_activation">What makes the p of focal loss, Softmax or Sigmoid; null takes that of <paramref name="activation"/>. MONAI's is
        /// always the sigmoid.</param>
        /// <param name="mask">Voxels that count, or their weights; see <see cref="Modules.FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>Float64 for Float64 logits, else Float32; a scalar unless the reduction is None.</returns>
        /// <exception cref="ArgumentException">An option is out of its range.</exception>
        public static Tensor generalized_dice_focal_loss(
            Tensor logits, Tensor target, bool include_background = true, ClassWeighting w_type = ClassWeighting.Square, bool batch = false, Tensor? weight = null,
            long ignore_index = DefaultIgnoreIndex, double smooth_nr = DefaultSmooth, double smooth_dr = DefaultSmooth,
            Reduction reduction = Reduction.Mean, double lambda_gdl = 1, double lambda_focal = 1, double gamma = 2, double? alpha = null,
            Activation activation = Activation.Softmax, bool soft_label = false, Activation? focal_activation = null, Tensor? mask = null)
        {
            using var loss = GeneralizedDiceFocalLoss(
                include_background, w_type, batch, weight, ignore_index, smooth_nr, smooth_dr, reduction, lambda_gdl, lambda_focal, gamma, alpha, activation, soft_label, focal_activation);
            return Forward(loss, logits, target, mask);
        }
    }
}
