using GpuLoss.Autograd;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss;

public static partial class nn
{
    /// <summary>
    /// The sums that every overlap loss is a function of, per sample and class, float64 whatever the type of the logits. They add up: those
    /// of the patches of a volume, the steps of a batch or the ranks of a training are those of the whole.
    /// </summary>
    public sealed class OverlapStatistics : IDisposable
    {
        /// <summary>Takes tensors, after an all-reduce over ranks, say. They are disposed with this object.</summary>
        /// <param name="intersection">I, float64 [N, C].</param>
        /// <param name="prediction">P, float64 [N, C].</param>
        /// <param name="target">T, float64 [N, C].</param>
        /// <param name="voxel_term">The sum of the voxel term, Σ w·(-log p) with cross-entropy, float64 [N].</param>
        /// <param name="squared">Whether P = Σ p².</param>
        /// <param name="voxels">The number of voxels that are not ignored, float64 [N]; null where it is the sum of T over the classes, as
        /// with class indices.</param>
        /// <exception cref="ArgumentException">A tensor is of another type or shape.</exception>
        public OverlapStatistics(
            Tensor intersection, Tensor prediction, Tensor target, Tensor voxel_term, bool squared = false, Tensor? voxels = null)
        {
            ArgumentNullException.ThrowIfNull(intersection);
            if (intersection.dim() != 2)
                throw new ArgumentException(
                    $"intersection must be [N, C], not {LossInputs.Show(intersection.shape)}.", nameof(intersection));
            Check(intersection, intersection.shape, nameof(intersection));
            Check(prediction, intersection.shape, nameof(prediction));
            Check(target, intersection.shape, nameof(target));
            Check(voxel_term, intersection.shape[..1], nameof(voxel_term));
            if (voxels is not null)
                Check(voxels, intersection.shape[..1], nameof(voxels));
            (this.intersection, this.prediction, this.target, this.voxel_term, this.squared) =
                (intersection, prediction, target, voxel_term, squared);
            this.voxels = voxels ?? target.detach().sum(1);
        }

        /// <summary>I = Σ p·t, float64 [N, C].</summary>
        public Tensor intersection { get; }

        /// <summary>P = Σ p, or Σ p² where <see cref="squared"/>, float64 [N, C].</summary>
        public Tensor prediction { get; }

        /// <summary>T = Σ t, float64 [N, C]. It does not depend on the logits.</summary>
        public Tensor target { get; }

        /// <summary>The sum of the voxel term over the voxels that are not ignored, float64 [N]: with cross-entropy Σ w·(-log p), with
        /// other losses theirs.</summary>
        public Tensor voxel_term { get; }

        /// <summary>The number of voxels that are not ignored, float64 [N]; with voxel weights, the sum of these. It does not depend on the
        /// logits.</summary>
        public Tensor voxels { get; }

        /// <summary>Whether P = Σ p².</summary>
        public bool squared { get; }

        /// <summary>The statistics of both together.</summary>
        /// <param name="left">Those of one part.</param>
        /// <param name="right">Those of another.</param>
        /// <exception cref="ArgumentException">One has squares and the other has not.</exception>
        public static OverlapStatistics operator +(OverlapStatistics left, OverlapStatistics right)
        {
            ArgumentNullException.ThrowIfNull(left);
            ArgumentNullException.ThrowIfNull(right);
            return left.squared == right.squared
                ? new(
                    left.intersection + right.intersection, left.prediction + right.prediction, left.target + right.target,
                    left.voxel_term + right.voxel_term, left.squared, left.voxels + right.voxels)
                : throw new ArgumentException("Statistics with squared predictions and without do not add up.", nameof(right));
        }

        /// <summary>The same as the operator.</summary>
        /// <inheritdoc cref="op_Addition" path="/param"/>
        public static OverlapStatistics Add(OverlapStatistics left, OverlapStatistics right) => left + right;

        /// <summary>The same numbers without a graph.</summary>
        public OverlapStatistics detach() =>
            new(intersection.detach(), prediction.detach(), target.detach(), voxel_term.detach(), squared, voxels.detach());

        /// <summary>The soft Dice coefficient of every sample and class, <c>(2·I + smooth_nr) / (P + T + smooth_dr)</c>, float64 [N,
        /// C].</summary>
        /// <param name="smooth_nr">Added to the numerator.</param>
        /// <param name="smooth_dr">Added to the denominator.</param>
        public Tensor dice(double smooth_nr = DefaultSmooth, double smooth_dr = DefaultSmooth)
        {
            using var scope = torch.NewDisposeScope();
            return ((2 * intersection + smooth_nr) / (prediction + target + smooth_dr)).MoveToOuterDisposeScope();
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            intersection.Dispose();
            prediction.Dispose();
            target.Dispose();
            voxel_term.Dispose();
            voxels.Dispose();
        }

        /// <summary>Takes apart what a node of the graph computes: I, P, T, the cross-entropy and the voxels side by side.</summary>
        internal static OverlapStatistics From(Tensor all, bool squared)
        {
            var classes = (all.shape[1] - 2) / 3;
            return new(
                all.narrow(1, 0, classes), all.narrow(1, classes, classes), all.narrow(1, 2 * classes, classes),
                all.select(1, 3 * classes), squared,
                all.select(1, 3 * classes + 1));
        }

        private static void Check(Tensor tensor, long[] shape, string name)
        {
            ArgumentNullException.ThrowIfNull(tensor, name);
            if (tensor.dtype != torch.ScalarType.Float64 || !tensor.shape.AsSpan().SequenceEqual(shape))
            {
                throw new ArgumentException(
                    $"{name} must be Float64 {LossInputs.Show(shape)}, not {tensor.dtype} {LossInputs.Show(tensor.shape)}.", name);
            }
        }
    }
}
