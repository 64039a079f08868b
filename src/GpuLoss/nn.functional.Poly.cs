using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss;

public static partial class nn
{
    /// <content>Poly-1.</content>
    public static partial class functional
    {
        /// <summary>See <see cref="Poly1Loss"/>.</summary>
        /// <param name="logits">[N, C, *S], Float32, Float64, Float16 or BFloat16, of any strides.</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, or a number for every class, [N, C, *S].</param>
        /// <inheritdoc cref="nn.Poly1Loss" path="/param"/>
        /// <param name="mask">Voxels that count, or their weights; see
        /// <see cref="Modules.FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>Float64 for Float64 logits, else Float32; a scalar unless the reduction is None.</returns>
        /// <exception cref="ArgumentException">A tensor or an option is not as described.</exception>
        public static Tensor poly1_loss(
            Tensor logits, Tensor target, double epsilon = 1, double gamma = 0, Tensor? weight = null,
            long ignore_index = DefaultIgnoreIndex,
            Reduction reduction = Reduction.Mean, double label_smoothing = 0, Activation activation = Activation.Softmax,
            Tensor? mask = null)
        {
            using var loss = Poly1Loss(epsilon, gamma, weight, ignore_index, reduction, label_smoothing, activation);
            return Forward(loss, logits, target, mask);
        }
    }
}
