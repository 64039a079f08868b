using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss;

public static partial class nn
{
    /// <content>The sums themselves.</content>
    public static partial class functional
    {
        /// <summary>
        /// I, P and T of every sample and class, differentiable with respect to the logits: one pass forward and one backward, for any loss
        /// over them written with torch's operations.
        /// </summary>
        /// <param name="logits">[N, C, *S], Float32, Float64, Float16 or BFloat16, of any strides.</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, or a number for every class, [N, C, *S].</param>
        /// <param name="squared">Whether P = Σ p².</param>
        /// <param name="ignore_index">Voxels with this label do not exist for the sums.</param>
        /// <param name="activation">What makes predictions p of the logits.</param>
        /// <param name="soft_label">Whether I, P and T are the sums of (|p| + |t| - |p - t|) / 2, |p| and |t|.</param>
        /// <param name="mask">Voxels that count, or their weights; see
        /// <see cref="Modules.FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>The statistics, to be disposed by the caller; their cross-entropy is 0.</returns>
        /// <exception cref="ArgumentException">A tensor or an option is not as described.</exception>
        public static OverlapStatistics overlap_statistics(
            Tensor logits, Tensor target, bool squared = false, long ignore_index = DefaultIgnoreIndex,
            Activation activation = Activation.Softmax, bool soft_label = false, Tensor? mask = null)
        {
            using var loss = DiceLoss(squared: squared, ignore_index: ignore_index, activation: activation, soft_label: soft_label);
            return loss.statistics(logits, target, mask);
        }
    }
}
