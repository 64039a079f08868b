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
        /// <inheritdoc cref="nn.FocalLoss" path="/param"/>
        /// <param name="mask">Voxels that count, or their weights; see
        /// <see cref="Modules.FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>Float64 for Float64 logits, else Float32; a scalar unless the reduction is None.</returns>
        /// <exception cref="ArgumentException">An option is out of its range.</exception>
        public static Tensor focal_loss(
            Tensor logits, Tensor target, double gamma = 2, double? alpha = null, Tensor? weight = null,
            long ignore_index = DefaultIgnoreIndex,
            Reduction reduction = Reduction.Mean,
            Activation activation = Activation.Softmax, bool include_background = true, Tensor? mask = null)
        {
            using var loss = FocalLoss(gamma, alpha, weight, ignore_index, reduction, activation, include_background);
            return Forward(loss, logits, target, mask);
        }

        /// <summary>See <see cref="DiceFocalLoss"/>.</summary>
        /// <param name="logits">[N, C, *S], Float32, Float64, Float16 or BFloat16, of any strides.</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, or a number for every class, [N, C, *S].</param>
        /// <inheritdoc cref="nn.DiceFocalLoss" path="/param"/>
        /// <param name="mask">Voxels that count, or their weights; see
        /// <see cref="Modules.FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>Float64 for Float64 logits, else Float32; a scalar unless the reduction is None.</returns>
        /// <exception cref="ArgumentException">An option is out of its range.</exception>
        public static Tensor dice_focal_loss(
            Tensor logits, Tensor target, bool include_background = true, bool squared = false, bool batch = false, Tensor? weight = null,
            long ignore_index = DefaultIgnoreIndex, double smooth_nr = DefaultSmooth, double smooth_dr = DefaultSmooth,
            Reduction reduction = Reduction.Mean, double lambda_dice = 1, double lambda_focal = 1, double gamma = 2, double? alpha = null,
            Activation activation = Activation.Softmax, bool soft_label = false, Activation? focal_activation = null, Tensor? mask = null)
        {
            using var loss = DiceFocalLoss(
                include_background, squared, batch, weight, ignore_index, smooth_nr, smooth_dr, reduction, lambda_dice, lambda_focal,
                gamma, alpha, activation, soft_label, focal_activation);
            return Forward(loss, logits, target, mask);
        }

        /// <summary>See <see cref="GeneralizedDiceFocalLoss"/>.</summary>
        /// <param name="logits">[N, C, *S], Float32, Float64, Float16 or BFloat16, of any strides.</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, or a number for every class, [N, C, *S].</param>
        /// <inheritdoc cref="nn.GeneralizedDiceFocalLoss" path="/param"/>
        /// <param name="mask">Voxels that count, or their weights; see
        /// <see cref="Modules.FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>Float64 for Float64 logits, else Float32; a scalar unless the reduction is None.</returns>
        /// <exception cref="ArgumentException">An option is out of its range.</exception>
        public static Tensor generalized_dice_focal_loss(
            Tensor logits, Tensor target, bool include_background = true, ClassWeighting w_type = ClassWeighting.Square,
            bool batch = false, Tensor? weight = null,
            long ignore_index = DefaultIgnoreIndex, double smooth_nr = DefaultSmooth, double smooth_dr = DefaultSmooth,
            Reduction reduction = Reduction.Mean, double lambda_gdl = 1, double lambda_focal = 1, double gamma = 2, double? alpha = null,
            Activation activation = Activation.Softmax, bool soft_label = false, Activation? focal_activation = null, Tensor? mask = null)
        {
            using var loss = GeneralizedDiceFocalLoss(
                include_background, w_type, batch, weight, ignore_index, smooth_nr, smooth_dr, reduction, lambda_gdl, lambda_focal, gamma,
                alpha, activation, soft_label, focal_activation);
            return Forward(loss, logits, target, mask);
        }
    }
}
