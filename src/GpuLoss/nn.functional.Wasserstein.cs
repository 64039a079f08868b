using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss;

public static partial class nn
{
    /// <content>Overlap with distances between the classes.</content>
    public static partial class functional
    {
        /// <summary>See <see cref="GeneralizedWassersteinDiceLoss"/>.</summary>
        /// <param name="logits">[N, C, *S], Float32, Float64, Float16 or BFloat16, of any strides.</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type.</param>
        /// <inheritdoc cref="nn.GeneralizedWassersteinDiceLoss" path="/param"/>
        /// <param name="mask">Voxels that count, or their weights; see
        /// <see cref="Modules.FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>Float64 for Float64 logits, else Float32; a scalar unless the reduction is None.</returns>
        /// <exception cref="ArgumentException">A tensor or an option is not as described.</exception>
        public static Tensor generalized_wasserstein_dice_loss(
            Tensor logits, Tensor target, Tensor dist_matrix, WassersteinWeighting weighting_mode = WassersteinWeighting.Default,
            long ignore_index = DefaultIgnoreIndex, double smooth_nr = DefaultSmooth, double smooth_dr = DefaultSmooth,
            Reduction reduction = Reduction.Mean, Tensor? mask = null)
        {
            using var loss = GeneralizedWassersteinDiceLoss(dist_matrix, weighting_mode, ignore_index, smooth_nr, smooth_dr, reduction);
            return Forward(loss, logits, target, mask);
        }
    }
}
