using GpuLoss.Autograd;
using GpuLoss.Interop.Shape;
using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Shape;
using GpuLoss.Shape;
using TorchSharp;
using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss;

public static partial class nn
{
    /// <content>Losses of shapes, and the distances that they take.</content>
    public static partial class functional
    {
        private const int MostSpatialAxes = 3;

        /// <summary>
        /// The exact Euclidean distance of every voxel that is not 0 to the nearest voxel that is 0, as
        /// <c>scipy.ndimage.distance_transform_edt</c> of every sample and channel: the lower envelope of parabolas along each axis
        /// (Felzenszwalb and Huttenlocher 2012), in a time that grows with the number of voxels.
        /// </summary>
        /// <param name="input">[N, C, *S] with one to three spatial axes, of any type that is not complex, on the CPU or a
        /// CUDA device.</param>
        /// <param name="sampling">The distances of neighbouring voxels along each spatial axis, finite and more than 0; 1 where
        /// null.</param>
        /// <returns>The distances, of the shape of the input: Float64 for a Float64 input, else Float32. 0 where the input is 0; +infinity
        /// in a volume without a voxel that is 0. It has no gradient.</returns>
        /// <exception cref="ArgumentException">The input or the sampling is not as described.</exception>
        /// <exception cref="NotSupportedException">The input is on neither, or, on a CUDA device, there is no driver.</exception>
        public static Tensor distance_transform_edt(Tensor input, double[]? sampling = null)
        {
            var (engine, grid) = (EngineOf(input), GridOf(input, sampling));
            using var scope = torch.NewDisposeScope();
            using var noGraph = torch.no_grad();
            var type = input.dtype == torch.ScalarType.Float64 ? torch.ScalarType.Float64 : torch.ScalarType.Float32;
            var (marks, distances) = (input.ne(0).contiguous(), torch.empty(input.shape, dtype: type, device: input.device));
            var volumes = input.shape[0] * input.shape[1];
            var scratch = torch.empty([engine.DistanceScratch(grid, volumes)], dtype: torch.ScalarType.Byte, device: input.device);
            engine.Distances(
                grid, volumes, TensorMemory.AddressOf(marks), TensorMemory.AddressOf(scratch),
                    TensorMemory.AddressOf(distances),
                type == torch.ScalarType.Float64);
            return distances.MoveToOuterDisposeScope();
        }

        /// <summary>
        /// The signed distance maps of <see cref="BoundaryLoss"/>, to be made once per volume and not in every step: give them to
        /// <see cref="Modules.BoundaryLoss.forward_with_maps"/>.
        /// </summary>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, on the CPU or a CUDA
        /// device.</param>
        /// <param name="classes">C.</param>
        /// <param name="sampling">The distances of neighbouring voxels along each spatial axis, finite and more than 0; 1 where
        /// null.</param>
        /// <param name="ignore_index">Voxels with this label are outside of every class.</param>
        /// <returns>[N, C, *S], Float32.</returns>
        /// <exception cref="ArgumentException">The target or an option is not as described.</exception>
        /// <exception cref="NotSupportedException">The target is on neither, or, on a CUDA device, there is no driver.</exception>
        public static Tensor signed_distance_maps(Tensor target, int classes, double[]? sampling = null,
            long ignore_index = DefaultIgnoreIndex)
        {
            LossInputs.CheckUsable(target, nameof(target));
            ShapeInputs.EngineOf(target, nameof(target));
            if (classes < 2)
                throw new ArgumentOutOfRangeException(nameof(classes), classes, "classes must be 2 or more.");
            if (target.dim() < 2 || target.dim() > MostSpatialAxes + 2 || target.numel() == 0)
            {
                throw new ArgumentException($"target must be class indices [N, *S] or [N, 1, *S], not {LossInputs.Show(target.shape)}.",
                    nameof(target));
            }

            using var scope = torch.NewDisposeScope();
            using var noGraph = torch.no_grad();
            var hasChannel = target.dim() > 2 && target.shape[1] == 1;

            // Logits that take no memory stand for those that the maps are for.
            var logits = torch.zeros([1], dtype: torch.ScalarType.Float32, device: target.device).expand(
                [target.shape[0], classes, .. target.shape[(hasChannel ? 2 : 1)..]]);
            using var inputs = ShapeInputs.From(
                logits, target, mask: null, new(include_background: true, Activation.None, ignore_index, sampling));
            var maps = inputs.Empty(logits.shape, torch.ScalarType.Float32);
            var scratch = inputs.Scratch(inputs.Engine.PlaneScratch(inputs.Problem));
            inputs.Engine.SignedDistances(inputs.Problem, TensorMemory.AddressOf(scratch), TensorMemory.AddressOf(maps));
            return maps.MoveToOuterDisposeScope().MoveToOuterDisposeScope();
        }

        /// <summary>Numbers the connected parts of what is not 0 in every sample and channel, as <c>scipy.ndimage.label</c>.</summary>
        /// <param name="input">[N, C, *S] with one to three spatial axes, of any type that is not complex, on the CPU or a
        /// CUDA device.</param>
        /// <param name="connectivity">Along how many axes at once neighbours may differ by one: 1 for faces, 3 for corners too. Null for as
        /// many as there are.</param>
        /// <returns>Int32 of the shape of the input: 0 where it is 0, and 1, 2, ... in the order of the first voxels of the parts of a
        /// volume.</returns>
        /// <exception cref="ArgumentException">The input or the connectivity is not as described.</exception>
        /// <exception cref="NotSupportedException">The input is on neither, or, on a CUDA device, there is no driver.</exception>
        public static Tensor connected_components(Tensor input, int? connectivity = null)
        {
            var (engine, grid) = (EngineOf(input), GridOf(input, sampling: null));
            var axes = ComponentOptions.Of(ComponentOptions.Known(connectivity), grid.Axes);
            using var scope = torch.NewDisposeScope();
            using var noGraph = torch.no_grad();
            var labels = input.ne(0).to_type(torch.ScalarType.Int32).contiguous();
            var volumes = input.shape[0] * input.shape[1];
            var scratch = torch.empty([engine.ComponentScratch(grid, volumes)], dtype: torch.ScalarType.Byte, device: input.device);
            engine.Components(grid, volumes, axes, TensorMemory.AddressOf(scratch), TensorMemory.AddressOf(labels));
            if (engine.IsEnqueued)
                labels = Parts.Consecutive(labels.reshape([volumes, grid.Voxels])).Numbers.reshape(input.shape);
            return labels.MoveToOuterDisposeScope();
        }

        /// <summary>Boundary loss; see <see cref="BoundaryLoss"/>.</summary>
        /// <param name="logits">[N, C, *S], Float32, Float64, Float16 or BFloat16, of any strides, on the CPU or
        /// a CUDA device (there not Float64).</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, or a number for every class, [N, C, *S].</param>
        /// <param name="include_background">Whether class 0 counts.</param>
        /// <param name="batch">Whether the mean is taken over the samples before the reduction, too.</param>
        /// <param name="sampling">The distances of neighbouring voxels; 1 where null.</param>
        /// <param name="ignore_index">Voxels with this label do not exist for the loss.</param>
        /// <param name="reduction">Mean, Sum or None.</param>
        /// <param name="activation">What makes predictions p of the logits.</param>
        /// <param name="mask">Voxels that count; see <see cref="Modules.ShapeLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>Float64 for Float64 logits, else Float32; a scalar unless the reduction is None.</returns>
        /// <exception cref="ArgumentException">A tensor or an option is not as described.</exception>
        public static Tensor boundary_loss(
            Tensor logits, Tensor target, bool include_background = true, bool batch = false, double[]? sampling = null,
            long ignore_index = DefaultIgnoreIndex, Reduction reduction = Reduction.Mean, Activation activation = Activation.Softmax,
                Tensor? mask = null)
        {
            using var loss = BoundaryLoss(include_background, batch, sampling, ignore_index, reduction, activation);
            return Forward(loss, logits, target, mask);
        }

        /// <summary>Hausdorff loss by distance transforms; see <see cref="HausdorffDTLoss"/>.</summary>
        /// <param name="logits">[N, C, *S], Float32, Float64, Float16 or BFloat16, of any strides, on the CPU or
        /// a CUDA device (there not Float64).</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, or a number for every class, [N, C, *S].</param>
        /// <param name="alpha">The exponent of the distances.</param>
        /// <param name="include_background">Whether class 0 counts.</param>
        /// <param name="batch">Whether the mean is taken over the samples before the reduction, too.</param>
        /// <param name="sampling">The distances of neighbouring voxels; 1 where null.</param>
        /// <param name="ignore_index">Voxels with this label do not exist for the loss.</param>
        /// <param name="reduction">Mean, Sum or None.</param>
        /// <param name="activation">What makes predictions p of the logits.</param>
        /// <param name="mask">Voxels that count; see <see cref="Modules.ShapeLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>Float64 for Float64 logits, else Float32; a scalar unless the reduction is None.</returns>
        /// <exception cref="ArgumentException">A tensor or an option is not as described.</exception>
        public static Tensor hausdorff_dt_loss(
            Tensor logits, Tensor target, double alpha = 2, bool include_background = false, bool batch = false, double[]? sampling = null,
            long ignore_index = DefaultIgnoreIndex, Reduction reduction = Reduction.Mean, Activation activation = Activation.Softmax,
                Tensor? mask = null)
        {
            using var loss = HausdorffDTLoss(alpha, include_background, batch, sampling, ignore_index, reduction, activation);
            return Forward(loss, logits, target, mask);
        }

        /// <summary>The logarithm of the Hausdorff loss; see <see cref="LogHausdorffDTLoss"/>.</summary>
        /// <param name="logits">[N, C, *S], Float32, Float64, Float16 or BFloat16, of any strides, on the CPU or
        /// a CUDA device (there not Float64).</param>
        /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, or a number for every class, [N, C, *S].</param>
        /// <param name="alpha">The exponent of the distances.</param>
        /// <param name="include_background">Whether class 0 counts.</param>
        /// <param name="batch">Whether the mean is taken over the samples before the reduction, too.</param>
        /// <param name="sampling">The distances of neighbouring voxels; 1 where null.</param>
        /// <param name="ignore_index">Voxels with this label do not exist for the loss.</param>
        /// <param name="reduction">Mean, Sum or None.</param>
        /// <param name="activation">What makes predictions p of the logits.</param>
        /// <param name="mask">Voxels that count; see <see cref="Modules.ShapeLossModule.forward(Tensor, Tensor, Tensor)"/>.</param>
        /// <returns>Float64 for Float64 logits, else Float32; a scalar unless the reduction is None.</returns>
        /// <exception cref="ArgumentException">A tensor or an option is not as described.</exception>
        public static Tensor log_hausdorff_dt_loss(
            Tensor logits, Tensor target, double alpha = 2, bool include_background = false, bool batch = false, double[]? sampling = null,
            long ignore_index = DefaultIgnoreIndex, Reduction reduction = Reduction.Mean, Activation activation = Activation.Softmax,
                Tensor? mask = null)
        {
            using var loss = LogHausdorffDTLoss(alpha, include_background, batch, sampling, ignore_index, reduction, activation);
            return Forward(loss, logits, target, mask);
        }

        private static IShapeEngine EngineOf(Tensor input)
        {
            LossInputs.CheckUsable(input, nameof(input));
            return ShapeInputs.EngineOf(input, nameof(input));
        }

        /// <summary>The grid of a volume of a tensor [N, C, *S].</summary>
        private static SpatialGrid GridOf(Tensor input, double[]? sampling)
        {
            if (input.is_complex())
                throw new ArgumentException($"input must be of real numbers, not {input.dtype}.", nameof(input));
            var shape = input.shape;
            return shape.Length is > 2 and <= MostSpatialAxes + 2 && !shape.Contains(0)
                ? ShapeOptions.GridOf(shape.AsSpan(2), ShapeOptions.Sampling(sampling))
                : throw new ArgumentException(
                    $"input must be [N, C, *S] with 1 to {MostSpatialAxes} spatial axes and not empty, not {LossInputs.Show(shape)}.",
                        nameof(input));
        }

        /// <summary>Calls a module with or without a mask.</summary>
        private static Tensor Forward(Modules.ShapeLossModule loss, Tensor logits, Tensor target, Tensor? mask) =>
            mask is null ? loss.forward(logits, target) : loss.forward(logits, target, mask);
    }
}
