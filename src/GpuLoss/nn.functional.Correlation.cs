using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss;

public static partial class nn
{
    /// <content>The correlation of prediction and target.</content>
    public static partial class functional
    {
        /// <summary>See <see cref="MCCLoss"/>.</summary>
        /// <param name="logits">[N, C, *S], Float32, Float64, Float16 or BFloat16, of any strides.</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, or a number for every class, [N, C, *S].</param>
        /// <inheritdoc cref="nn.MCCLoss" path="/param"/>
        /// <param name="mask">Voxels that count, or their weights; see
        /// <see cref="Modules.FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>Float64 for Float64 logits, else Float32; a scalar unless the reduction is None.</returns>
        /// <exception cref="ArgumentException">A tensor or an option is not as described.</exception>
        public static Tensor mcc_loss(
            Tensor logits, Tensor target, bool include_background = true, bool batch = false, Tensor? weight = null,
            long ignore_index = DefaultIgnoreIndex,
            double smooth_nr = 0, double smooth_dr = DefaultSmooth, Reduction reduction = Reduction.Mean,
            Activation activation = Activation.Softmax,
            Tensor? mask = null)
        {
            using var loss = MCCLoss(include_background, batch, weight, ignore_index, smooth_nr, smooth_dr, reduction, activation);
            return Forward(loss, logits, target, mask);
        }
    }
}
