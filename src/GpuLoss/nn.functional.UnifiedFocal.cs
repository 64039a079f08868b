using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss;

public static partial class nn
{
    /// <content>Unified focal losses.</content>
    public static partial class functional
    {
        /// <summary>See <see cref="AsymmetricUnifiedFocalLoss"/>.</summary>
        /// <param name="logits">[N, C, *S], Float32, Float64, Float16 or BFloat16, of any strides.</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, or a number for every class, [N, C, *S].</param>
        /// <inheritdoc cref="nn.AsymmetricUnifiedFocalLoss" path="/param"/>
        /// <param name="mask">Voxels that count, or their weights; see
        /// <see cref="Modules.FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>A scalar, Float64 for Float64 logits, else Float32.</returns>
        /// <exception cref="ArgumentException">A tensor or an option is not as described.</exception>
        public static Tensor asymmetric_unified_focal_loss(
            Tensor logits, Tensor target, double weight = 0.5, double delta = 0.7, double gamma = 0.5,
            long ignore_index = DefaultIgnoreIndex,
            double epsilon = DefaultUnifiedEpsilon, Activation activation = Activation.Softmax, Tensor? mask = null)
        {
            using var loss = AsymmetricUnifiedFocalLoss(weight, delta, gamma, ignore_index, epsilon, activation);
            return Forward(loss, logits, target, mask);
        }

        /// <summary>See <see cref="SymmetricUnifiedFocalLoss"/>.</summary>
        /// <param name="logits">[N, C, *S], Float32, Float64, Float16 or BFloat16, of any strides.</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, or a number for every class, [N, C, *S].</param>
        /// <inheritdoc cref="nn.AsymmetricUnifiedFocalLoss" path="/param"/>
        /// <param name="mask">Voxels that count, or their weights; see
        /// <see cref="Modules.FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>A scalar, Float64 for Float64 logits, else Float32.</returns>
        /// <exception cref="ArgumentException">A tensor or an option is not as described.</exception>
        public static Tensor symmetric_unified_focal_loss(
            Tensor logits, Tensor target, double weight = 0.5, double delta = 0.7, double gamma = 0.5,
            long ignore_index = DefaultIgnoreIndex,
            double epsilon = DefaultUnifiedEpsilon, Activation activation = Activation.Softmax, Tensor? mask = null)
        {
            using var loss = SymmetricUnifiedFocalLoss(weight, delta, gamma, ignore_index, epsilon, activation);
            return Forward(loss, logits, target, mask);
        }
    }
}
