using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss;

public static partial class nn
{
    /// <content>Losses of centerlines.</content>
    public static partial class functional
    {
        /// <summary>Centerline Dice; see <see cref="SoftclDiceLoss"/>.</summary>
        /// <param name="logits">[N, C, *S] with one to three spatial axes, Float32, Float64, Float16 or BFloat16, of any strides, on the
        /// CPU or a CUDA device (there not Float64).</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, or a number for every class, [N, C, *S].</param>
        /// <param name="iter_">How often the volume is eroded.</param>
        /// <param name="smooth">Added to every sum of a ratio.</param>
        /// <param name="include_background">Whether class 0 counts.</param>
        /// <param name="ignore_index">Voxels with this label are empty in prediction and target.</param>
        /// <param name="activation">What makes predictions p of the logits.</param>
        /// <param name="mask">Voxels that count; see <see cref="Modules.ShapeLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>A scalar, Float64 for Float64 logits, else Float32.</returns>
        /// <exception cref="ArgumentException">A tensor or an option is not as described.</exception>
        public static Tensor soft_cldice_loss(
            Tensor logits, Tensor target, int iter_ = 3, double smooth = 1, bool include_background = false,
                long ignore_index = DefaultIgnoreIndex,
            Activation activation = Activation.Softmax, Tensor? mask = null)
        {
            using var loss = SoftclDiceLoss(iter_, smooth, include_background, ignore_index, activation);
            return Forward(loss, logits, target, mask);
        }

        /// <summary>Dice and centerline Dice; see <see cref="SoftDiceclDiceLoss"/>.</summary>
        /// <param name="logits">[N, C, *S] with one to three spatial axes, Float32, Float64, Float16 or BFloat16, of any strides, on the
        /// CPU or a CUDA device (there not Float64).</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, or a number for every class, [N, C, *S].</param>
        /// <param name="iter_">How often the volume is eroded.</param>
        /// <param name="alpha">The share of centerline Dice.</param>
        /// <param name="smooth">Added to every sum of a ratio.</param>
        /// <param name="include_background">Whether class 0 counts.</param>
        /// <param name="ignore_index">Voxels with this label are empty in prediction and target.</param>
        /// <param name="activation">What makes predictions p of the logits.</param>
        /// <param name="mask">Voxels that count; see <see cref="Modules.ShapeLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>A scalar, Float64 for Float64 logits, else Float32.</returns>
        /// <exception cref="ArgumentException">A tensor or an option is not as described.</exception>
        public static Tensor soft_dice_cldice_loss(
            Tensor logits, Tensor target, int iter_ = 3, double alpha = 0.5, double smooth = 1, bool include_background = false,
            long ignore_index = DefaultIgnoreIndex, Activation activation = Activation.Softmax, Tensor? mask = null)
        {
            using var loss = SoftDiceclDiceLoss(iter_, alpha, smooth, include_background, ignore_index, activation);
            return Forward(loss, logits, target, mask);
        }
    }
}
