using Reduction = TorchSharp.torch.nn.Reduction;

namespace GpuLoss;

/// <content>Losses of shapes: what counts is where a voxel is, and not only how many there are.</content>
public static partial class nn
{
    /// <summary>
    /// Boundary loss, the mean over the voxels of <c>p·φ</c> per class, where φ is the signed distance of a voxel to the boundary of the
    /// class, negative inside (Kervadec 2019, arXiv 1812.07032, equation 5), with the conventions of the paper's code and of MONAI's
    /// <c>BoundaryLoss</c>: inside, φ is the least spacing minus the distance to the nearest voxel outside, so that voxels along the
    /// boundary have φ = 0; a class that is absent, or everywhere, has φ = 0. It can be negative, and is meant as a term beside an overlap
    /// loss that grows during a training; see <see cref="Modules.CompoundLoss.with_weight"/>.
    /// </summary>
    /// <param name="include_background">Whether class 0 counts.</param>
    /// <param name="batch">Whether the mean is taken over the samples before the reduction, too.</param>
    /// <param name="sampling">The distances of neighbouring voxels along each spatial axis, finite and more than 0; 1 where null. A copy is
    /// kept.</param>
    /// <param name="ignore_index">Voxels with this label do not exist for the loss; for the distances they are outside of every
    /// class.</param>
    /// <param name="reduction">Mean or Sum over samples and classes, or None: [N, C'], [C'] with batch.</param>
    /// <param name="activation">What makes predictions p of the logits.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Modules.BoundaryLoss BoundaryLoss(
        bool include_background = true, bool batch = false, double[]? sampling = null, long ignore_index = DefaultIgnoreIndex,
        Reduction reduction = Reduction.Mean, Activation activation = Activation.Softmax) =>
        new(new(include_background, activation, ignore_index, sampling), batch, reduction);

    /// <summary>
    /// Hausdorff loss by distance transforms, the mean over the voxels of <c>(p - t)²·(d_p^alpha + d_t^alpha)</c> per class (Karimi 2019,
    /// arXiv 1904.10030, equation 8), as MONAI 1.5's <c>HausdorffDTLoss</c>: d is the distance of a voxel to the nearest of the other kind,
    /// where the kinds are more than a half and not; where all voxels are of one kind, as with an empty class, it is 0. The distances are
    /// not differentiated.
    /// </summary>
    /// <param name="alpha">The exponent of the distances, more than 0.</param>
    /// <param name="include_background">Whether class 0 counts.</param>
    /// <param name="batch">Whether the mean is taken over the samples before the reduction, too.</param>
    /// <param name="sampling">The distances of neighbouring voxels along each spatial axis, finite and more than 0; 1 where null. A copy is
    /// kept.</param>
    /// <param name="ignore_index">Voxels with this label do not exist for the loss; for the distances they are outside of every
    /// class.</param>
    /// <param name="reduction">Mean or Sum over samples and classes, or None: [N, C', 1, ...] with an axis for each spatial one, [1, C', 1,
    /// ...] with batch.</param>
    /// <param name="activation">What makes predictions p of the logits.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Modules.HausdorffDTLoss HausdorffDTLoss(
        double alpha = 2, bool include_background = false, bool batch = false, double[]? sampling = null,
            long ignore_index = DefaultIgnoreIndex,
        Reduction reduction = Reduction.Mean, Activation activation = Activation.Softmax) =>
        new(new(include_background, activation, ignore_index, sampling), alpha, batch, reduction);

    /// <summary><c>ln(1 + HausdorffDTLoss)</c>, after the reduction, as MONAI 1.5's <c>LogHausdorffDTLoss</c>; see
    /// <see cref="HausdorffDTLoss"/>.</summary>
    /// <param name="alpha">The exponent of the distances, more than 0.</param>
    /// <param name="include_background">Whether class 0 counts.</param>
    /// <param name="batch">Whether the mean is taken over the samples before the reduction, too.</param>
    /// <param name="sampling">The distances of neighbouring voxels along each spatial axis, finite and more than 0; 1 where null. A copy is
    /// kept.</param>
    /// <param name="ignore_index">Voxels with this label do not exist for the loss; for the distances they are outside of every
    /// class.</param>
    /// <param name="reduction">Mean or Sum over samples and classes, or None: [N, C', 1, ...] with an axis for each spatial one, [1, C', 1,
    /// ...] with batch.</param>
    /// <param name="activation">What makes predictions p of the logits.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Modules.LogHausdorffDTLoss LogHausdorffDTLoss(
        double alpha = 2, bool include_background = false, bool batch = false, double[]? sampling = null,
            long ignore_index = DefaultIgnoreIndex,
        Reduction reduction = Reduction.Mean, Activation activation = Activation.Softmax) =>
        new(new(include_background, activation, ignore_index, sampling), alpha, batch, reduction);
}
