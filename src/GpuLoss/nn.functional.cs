using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss;

public static partial class nn
{
    /// <summary>
    /// The losses as functions. Each takes the options of the factory of the same name and, first, the two tensors of the module's
    /// <c>forward</c>: see <see cref="Modules.FusedLossModule.forward(Tensor, Tensor)"/> for their shapes, types and errors.
    /// </summary>
    public static partial class functional
    {
        /// <summary>Soft Dice loss; see <see cref="DiceLoss"/>.</summary>
        /// <param name="logits">[N, C, *S], Float32, Float64, Float16 or BFloat16, of any strides.</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, or a number for every class, [N, C, *S].</param>
        /// <inheritdoc cref="nn.DiceLoss" path="/param"/>
        /// <param name="mask">Voxels that count, or their weights; see
        /// <see cref="Modules.FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>Float64 for Float64 logits, else Float32; a scalar unless the reduction is None.</returns>
        /// <exception cref="ArgumentException">A tensor or an option is not as described.</exception>
        public static Tensor dice_loss(
            Tensor logits, Tensor target, bool include_background = true, bool squared = false, bool batch = false, Tensor? weight = null,
            long ignore_index = DefaultIgnoreIndex, double smooth_nr = DefaultSmooth, double smooth_dr = DefaultSmooth,
            Reduction reduction = Reduction.Mean,
            Activation activation = Activation.Softmax, bool soft_label = false, Tensor? mask = null)
        {
            using var loss = DiceLoss(
                include_background, squared, batch, weight, ignore_index, smooth_nr, smooth_dr, reduction, activation, soft_label);
            return Forward(loss, logits, target, mask);
        }

        /// <summary>Generalized Dice loss; see <see cref="GeneralizedDiceLoss"/>.</summary>
        /// <param name="logits">[N, C, *S], Float32, Float64, Float16 or BFloat16, of any strides.</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, or a number for every class, [N, C, *S].</param>
        /// <inheritdoc cref="nn.GeneralizedDiceLoss" path="/param"/>
        /// <param name="mask">Voxels that count, or their weights; see
        /// <see cref="Modules.FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>Float64 for Float64 logits, else Float32; a scalar unless the reduction is None.</returns>
        /// <exception cref="ArgumentException">A tensor or an option is not as described.</exception>
        public static Tensor generalized_dice_loss(
            Tensor logits, Tensor target, bool include_background = true, ClassWeighting w_type = ClassWeighting.Square, bool batch = false,
            long ignore_index = DefaultIgnoreIndex, double smooth_nr = DefaultSmooth, double smooth_dr = DefaultSmooth,
            Reduction reduction = Reduction.Mean,
            Activation activation = Activation.Softmax, bool soft_label = false, Tensor? mask = null)
        {
            using var loss = GeneralizedDiceLoss(
                include_background, w_type, batch, ignore_index, smooth_nr, smooth_dr, reduction, activation, soft_label);
            return Forward(loss, logits, target, mask);
        }

        /// <summary>Cross-entropy; see <see cref="CrossEntropyLoss"/>.</summary>
        /// <param name="logits">[N, C, *S], Float32, Float64, Float16 or BFloat16, of any strides.</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, or a number for every class, [N, C, *S].</param>
        /// <inheritdoc cref="nn.CrossEntropyLoss" path="/param"/>
        /// <param name="mask">Voxels that count, or their weights; see
        /// <see cref="Modules.FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>Float64 for Float64 logits, else Float32; a scalar unless the reduction is None.</returns>
        /// <exception cref="ArgumentException">A tensor or an option is not as described.</exception>
        public static Tensor cross_entropy_loss(
            Tensor logits, Tensor target, Tensor? weight = null, long ignore_index = DefaultIgnoreIndex,
            Reduction reduction = Reduction.Mean,
            double label_smoothing = 0, Activation activation = Activation.Softmax, Tensor? mask = null)
        {
            using var loss = CrossEntropyLoss(weight, ignore_index, reduction, label_smoothing, activation);
            return Forward(loss, logits, target, mask);
        }

        /// <summary>Dice plus cross-entropy; see <see cref="DiceCELoss"/>.</summary>
        /// <param name="logits">[N, C, *S], Float32, Float64, Float16 or BFloat16, of any strides.</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, or a number for every class, [N, C, *S].</param>
        /// <inheritdoc cref="nn.DiceCELoss" path="/param"/>
        /// <param name="mask">Voxels that count, or their weights; see
        /// <see cref="Modules.FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>Float64 for Float64 logits, else Float32; a scalar unless the reduction is None.</returns>
        /// <exception cref="ArgumentException">A tensor or an option is not as described.</exception>
        public static Tensor dice_ce_loss(
            Tensor logits, Tensor target, bool include_background = true, bool squared = false, bool batch = false, Tensor? weight = null,
            long ignore_index = DefaultIgnoreIndex, double smooth_nr = DefaultSmooth, double smooth_dr = DefaultSmooth,
            Reduction reduction = Reduction.Mean, double lambda_dice = 1, double lambda_ce = 1,
            Activation activation = Activation.Softmax, bool soft_label = false, double label_smoothing = 0,
            Activation ce_activation = Activation.Softmax, Tensor? mask = null)
        {
            using var loss = DiceCELoss(
                include_background, squared, batch, weight, ignore_index, smooth_nr, smooth_dr, reduction, lambda_dice, lambda_ce,
                activation, soft_label, label_smoothing,
                ce_activation);
            return Forward(loss, logits, target, mask);
        }

        /// <summary>Calls a module with or without a mask.</summary>
        private static Tensor Forward(Modules.FusedLossModule loss, Tensor logits, Tensor target, Tensor? mask) =>
            mask is null ? loss.forward(logits, target) : loss.forward(logits, target, mask);

        /// <summary>Calls a module with or without a mask.</summary>
        private static Tensor Forward(Modules.CompoundLoss loss, Tensor logits, Tensor target, Tensor? mask) =>
            mask is null ? loss.forward(logits, target) : loss.forward(logits, target, mask);
    }
}
