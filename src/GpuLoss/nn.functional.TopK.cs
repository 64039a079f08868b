using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss;

public static partial class nn
{
    /// <content>Losses of the voxels that are worst.</content>
    public static partial class functional
    {
        /// <summary>See <see cref="TopKCrossEntropyLoss"/>.</summary>
        /// <param name="logits">[N, C, *S], Float32, Float64, Float16 or BFloat16, of any strides.</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, or a number for every class, [N, C, *S].</param>
        /// <inheritdoc cref="nn.TopKCrossEntropyLoss" path="/param"/>
        /// <param name="mask">Voxels that count, or their weights; see
        /// <see cref="Modules.FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>Float64 for Float64 logits, else Float32; a scalar unless the reduction is None.</returns>
        /// <exception cref="ArgumentException">A tensor or an option is not as described.</exception>
        public static Tensor top_k_cross_entropy_loss(
            Tensor logits, Tensor target, double k = 10, Tensor? weight = null, long ignore_index = DefaultIgnoreIndex,
            double label_smoothing = 0,
            Tensor? mask = null)
        {
            using var loss = TopKCrossEntropyLoss(
                k, weight, ignore_index, label_smoothing);
            return Forward(loss, logits, target, mask);
        }

        /// <summary>See <see cref="DiceTopKLoss"/>.</summary>
        /// <param name="logits">[N, C, *S], Float32, Float64, Float16 or BFloat16, of any strides.</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, or a number for every class, [N, C, *S].</param>
        /// <inheritdoc cref="nn.DiceTopKLoss" path="/param"/>
        /// <param name="mask">Voxels that count, or their weights; see
        /// <see cref="Modules.FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>Float64 for Float64 logits, else Float32; a scalar unless the reduction is None.</returns>
        /// <exception cref="ArgumentException">A tensor or an option is not as described.</exception>
        public static Tensor dice_top_k_loss(
            Tensor logits, Tensor target, double k = 10, bool include_background = true, bool squared = false, bool batch = false,
            Tensor? weight = null,
            long ignore_index = DefaultIgnoreIndex, double smooth_nr = DefaultSmooth, double smooth_dr = DefaultSmooth,
            double lambda_dice = 1,
            double lambda_ce = 1, Activation activation = Activation.Softmax, bool soft_label = false, double label_smoothing = 0,
            Tensor? mask = null)
        {
            using var loss = DiceTopKLoss(
                k, include_background, squared, batch, weight, ignore_index, smooth_nr, smooth_dr, lambda_dice, lambda_ce, activation,
                soft_label, label_smoothing);
            return Forward(loss, logits, target, mask);
        }
    }
}
