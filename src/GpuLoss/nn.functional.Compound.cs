using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss;

public static partial class nn
{
    /// <content>Losses made of losses.</content>
    public static partial class functional
    {
        /// <summary>A weighted sum of losses in one pass forward and one backward; see <see cref="CompoundLoss"/>.</summary>
        /// <param name="logits">[N, C, *S], Float32, Float64, Float16 or BFloat16, of any strides.</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, or a number for every class, [N, C, *S].</param>
        /// <param name="terms">Factors and losses, which stay the caller's to dispose.</param>
        /// <returns>A scalar: Float64 for Float64 logits, else Float32.</returns>
        /// <exception cref="ArgumentException">A tensor is not as described, or the terms do not agree.</exception>
#pragma warning disable CA2000 // Disposing the compound would dispose its terms.
        public static Tensor compound_loss(
            Tensor logits, Tensor target, params (double weight, Loss<Tensor, Tensor, Tensor> term)[] terms) =>
            CompoundLoss(terms).forward(logits, target);

        /// <summary>A loss over the outputs of several resolutions; see <see cref="DeepSupervisionLoss"/>.</summary>
        /// <param name="outputs">Logits [N, C, *S] of every level, the finest first.</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of the finest level, or a number for every class, [N, C, *S].</param>
        /// <param name="loss">The loss of one output, which stays the caller's to dispose.</param>
        /// <param name="weights">One factor per output, or null.</param>
        /// <returns>A scalar.</returns>
        /// <exception cref="ArgumentException">A tensor or an option is not as described.</exception>
        public static Tensor deep_supervision_loss(
            IReadOnlyList<Tensor> outputs, Tensor target, Loss<Tensor, Tensor, Tensor> loss, double[]? weights = null) =>
            DeepSupervisionLoss(loss, weights).forward(outputs, target);
#pragma warning restore CA2000
    }
}
