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
        /// <inheritdoc cref="nn.BCEWithLogitsLoss" path="/param"/>
        /// <param name="mask">Voxels that count, or their weights; see
        /// <see cref="Modules.FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>Float64 for Float64 logits, else Float32; a scalar unless the reduction is None.</returns>
        /// <exception cref="ArgumentException">A tensor or an option is not as described.</exception>
        public static Tensor bce_with_logits_loss(
            Tensor logits, Tensor target, Tensor? weight = null, Tensor? pos_weight = null, long ignore_index = DefaultIgnoreIndex,
            Reduction reduction = Reduction.Mean,
            Tensor? mask = null)
        {
            using var loss = BCEWithLogitsLoss(
                weight, pos_weight, ignore_index, reduction);
            return Forward(loss, logits, target, mask);
        }

        /// <summary>See <see cref="DiceBCELoss"/>.</summary>
        /// <param name="logits">[N, C, *S], Float32, Float64, Float16 or BFloat16, of any strides.</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, or a number for every class, [N, C, *S].</param>
        /// <inheritdoc cref="nn.DiceBCELoss" path="/param"/>
        /// <param name="mask">Voxels that count, or their weights; see
        /// <see cref="Modules.FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>Float64 for Float64 logits, else Float32; a scalar unless the reduction is None.</returns>
        /// <exception cref="ArgumentException">A tensor or an option is not as described.</exception>
        public static Tensor dice_bce_loss(
            Tensor logits, Tensor target, bool include_background = true, bool squared = false, bool batch = false, Tensor? weight = null,
            Tensor? pos_weight = null,
            long ignore_index = DefaultIgnoreIndex, double smooth_nr = DefaultSmooth, double smooth_dr = DefaultSmooth,
            Reduction reduction = Reduction.Mean, double lambda_dice = 1, double lambda_bce = 1, bool soft_label = false,
            Tensor? mask = null)
        {
            using var loss = DiceBCELoss(
                include_background, squared, batch, weight, pos_weight, ignore_index, smooth_nr, smooth_dr, reduction, lambda_dice,
                lambda_bce, soft_label);
            return Forward(loss, logits, target, mask);
        }
    }
}
