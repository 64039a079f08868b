using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss;

public static partial class nn
{
    /// <content>Losses by the order of the voxels.</content>
    public static partial class functional
    {
        /// <summary>Lovász-softmax; see <see cref="LovaszSoftmaxLoss"/>.</summary>
        /// <param name="logits">[N, C, *S], Float32, Float64, Float16 or BFloat16, of any strides, on the CPU or
        /// a CUDA device (there not Float64).</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, or a number for every class, [N, C, *S].</param>
        /// <param name="classes">The classes whose mean it is.</param>
        /// <param name="only">Only these classes; null for what <paramref name="classes"/> says.</param>
        /// <param name="per_image">Whether the voxels of every sample are sorted by themselves.</param>
        /// <param name="ignore_index">Voxels with this label do not exist for the loss.</param>
        /// <param name="activation">What makes predictions p of the logits.</param>
        /// <param name="mask">Voxels that count; see <see cref="Modules.ShapeLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>A scalar, Float64 for Float64 logits, else Float32.</returns>
        /// <exception cref="ArgumentException">A tensor or an option is not as described.</exception>
        public static Tensor lovasz_softmax_loss(
            Tensor logits, Tensor target, LovaszClasses classes = LovaszClasses.Present, int[]? only = null, bool per_image = false,
            long ignore_index = DefaultIgnoreIndex, Activation activation = Activation.Softmax, Tensor? mask = null)
        {
            using var loss = LovaszSoftmaxLoss(classes, only, per_image, ignore_index, activation);
            return Forward(loss, logits, target, mask);
        }

        /// <summary>Lovász-hinge; see <see cref="LovaszHingeLoss"/>.</summary>
        /// <param name="logits">[N, C, *S], Float32, Float64, Float16 or BFloat16, of any strides, on the CPU or
        /// a CUDA device (there not Float64).</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, with C = 1 0 and 1, or a number for every class,
        /// [N, C, *S].</param>
        /// <param name="only">Only these classes; all where null.</param>
        /// <param name="per_image">Whether the voxels of every sample are sorted by themselves.</param>
        /// <param name="ignore_index">Voxels with this label do not exist for the loss.</param>
        /// <param name="mask">Voxels that count; see <see cref="Modules.ShapeLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>A scalar, Float64 for Float64 logits, else Float32.</returns>
        /// <exception cref="ArgumentException">A tensor or an option is not as described.</exception>
        public static Tensor lovasz_hinge_loss(
            Tensor logits, Tensor target, int[]? only = null, bool per_image = true, long ignore_index = DefaultIgnoreIndex,
                Tensor? mask = null)
        {
            using var loss = LovaszHingeLoss(only, per_image, ignore_index);
            return Forward(loss, logits, target, mask);
        }
    }
}
