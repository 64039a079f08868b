using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss;

public static partial class nn
{
    /// <content>Relatives of Dice.</content>
    public static partial class functional
    {
        /// <summary>Soft Jaccard loss; see <see cref="JaccardLoss"/>.</summary>
        /// <param name="logits">[N, C, *S], Float32, Float64, Float16 or BFloat16, of any strides.</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, or a number for every class, [N, C, *S].</param>
        /// <inheritdoc cref="nn.JaccardLoss" path="/param"/>
        /// <param name="mask">Voxels that count, or their weights; see
        /// <see cref="Modules.FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>Float64 for Float64 logits, else Float32; a scalar unless the reduction is None.</returns>
        /// <exception cref="ArgumentException">A tensor or an option is not as described.</exception>
        public static Tensor jaccard_loss(
            Tensor logits, Tensor target, bool include_background = true, bool batch = false, Tensor? weight = null,
            long ignore_index = DefaultIgnoreIndex,
            double smooth_nr = DefaultSmooth, double smooth_dr = DefaultSmooth, Reduction reduction = Reduction.Mean,
            Activation activation = Activation.Softmax, bool soft_label = false, Tensor? mask = null)
        {
            using var loss = JaccardLoss(
                include_background, batch, weight, ignore_index, smooth_nr, smooth_dr, reduction, activation, soft_label);
            return Forward(loss, logits, target, mask);
        }

        /// <summary>Tversky loss; see <see cref="TverskyLoss"/>.</summary>
        /// <param name="logits">[N, C, *S], Float32, Float64, Float16 or BFloat16, of any strides.</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, or a number for every class, [N, C, *S].</param>
        /// <inheritdoc cref="nn.TverskyLoss" path="/param"/>
        /// <param name="mask">Voxels that count, or their weights; see
        /// <see cref="Modules.FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>Float64 for Float64 logits, else Float32; a scalar unless the reduction is None.</returns>
        /// <exception cref="ArgumentException">A tensor or an option is not as described.</exception>
        public static Tensor tversky_loss(
            Tensor logits, Tensor target, double alpha = 0.5, double beta = 0.5, bool include_background = true, bool batch = false,
            Tensor? weight = null, long ignore_index = DefaultIgnoreIndex,
            double smooth_nr = DefaultSmooth, double smooth_dr = DefaultSmooth, Reduction reduction = Reduction.Mean,
            Activation activation = Activation.Softmax, bool soft_label = false, Tensor? mask = null)
        {
            using var loss = TverskyLoss(
                alpha, beta, include_background, batch, weight, ignore_index, smooth_nr, smooth_dr, reduction, activation, soft_label);
            return Forward(loss, logits, target, mask);
        }

        /// <summary>Focal Tversky loss; see <see cref="FocalTverskyLoss"/>.</summary>
        /// <param name="logits">[N, C, *S], Float32, Float64, Float16 or BFloat16, of any strides.</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, or a number for every class, [N, C, *S].</param>
        /// <inheritdoc cref="nn.FocalTverskyLoss" path="/param"/>
        /// <param name="mask">Voxels that count, or their weights; see
        /// <see cref="Modules.FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>Float64 for Float64 logits, else Float32; a scalar unless the reduction is None.</returns>
        /// <exception cref="ArgumentException">A tensor or an option is not as described.</exception>
        public static Tensor focal_tversky_loss(
            Tensor logits, Tensor target, double alpha = 0.3, double beta = 0.7, double gamma = 0.75, bool include_background = true,
            bool batch = false, Tensor? weight = null, long ignore_index = DefaultIgnoreIndex,
            double smooth_nr = DefaultSmooth, double smooth_dr = DefaultSmooth, Reduction reduction = Reduction.Mean,
            Activation activation = Activation.Softmax, bool soft_label = false, Tensor? mask = null)
        {
            using var loss = FocalTverskyLoss(
                alpha, beta, gamma, include_background, batch, weight, ignore_index, smooth_nr, smooth_dr, reduction, activation,
                soft_label);
            return Forward(loss, logits, target, mask);
        }

        /// <summary>Logarithmic Dice loss; see <see cref="LogDiceLoss"/>.</summary>
        /// <param name="logits">[N, C, *S], Float32, Float64, Float16 or BFloat16, of any strides.</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, or a number for every class, [N, C, *S].</param>
        /// <inheritdoc cref="nn.LogDiceLoss" path="/param"/>
        /// <param name="mask">Voxels that count, or their weights; see
        /// <see cref="Modules.FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>Float64 for Float64 logits, else Float32; a scalar unless the reduction is None.</returns>
        /// <exception cref="ArgumentException">A tensor or an option is not as described.</exception>
        public static Tensor log_dice_loss(
            Tensor logits, Tensor target, double gamma = 1, bool include_background = true, bool batch = false, Tensor? weight = null,
            long ignore_index = DefaultIgnoreIndex,
            double smooth_nr = DefaultSmooth, double smooth_dr = DefaultSmooth, Reduction reduction = Reduction.Mean,
            Activation activation = Activation.Softmax, bool soft_label = false, Tensor? mask = null)
        {
            using var loss = LogDiceLoss(
                gamma, include_background, batch, weight, ignore_index, smooth_nr, smooth_dr, reduction, activation, soft_label);
            return Forward(loss, logits, target, mask);
        }
    }
}
