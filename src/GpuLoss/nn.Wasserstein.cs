using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss;

/// <content>Overlap with distances between the classes.</content>
public static partial class nn
{
    /// <summary>
    /// Generalized Wasserstein Dice loss (Fidon 2017, arXiv 1707.00478): confusing two classes costs what they are apart. With M the
    /// distances, divided by the largest, and <c>W = Σ_l M[y, l]·p_l</c> of a voxel with the label y (equation 6), it is per sample <c>1 -
    /// (2·TP + smooth_nr) / (2·TP + Σ W + smooth_dr)</c>, TP being Σ (1 - W) over the voxels that are not background (equation 9); or, with
    /// <see cref="WassersteinWeighting.GDL"/>, <c>1 - (2·Σ w_y·(1 - W) + smooth_nr) / (Σ w_y·(2 - W) + smooth_dr)</c> with w = 1 / (T + 1)
    /// (Tilborghs 2020, arXiv 2007.15546, appendix). Of one sample it is MONAI
    /// 1.6's <c>GeneralizedWassersteinDiceLoss</c>, which mixes the samples of a batch.
    /// </summary>
    /// <param name="dist_matrix">M [C, C], any type of numbers: row y has the distances of the classes from label y. Finite, not negative,
    /// 0 on the diagonal and not everywhere; it need not be symmetric. A copy is kept.</param>
    /// <param name="weighting_mode">How much the voxels of a class weigh.</param>
    /// <inheritdoc cref="DiceLoss" path="/param[@name='ignore_index']"/>
    /// <param name="smooth_nr">Added to the numerator.</param>
    /// <param name="smooth_dr">Added to the denominator. Where the whole denominator is 0, the sample counts as perfect.</param>
    /// <param name="reduction">Mean or Sum over samples, or None: [N, 1, 1, ...] with an axis for each spatial one.</param>
    /// <exception cref="ArgumentException">An option is out of its range. Of the call: the matrix has not as many rows as there are
    /// classes, or the target is no class indices.</exception>
    public static Modules.GeneralizedWassersteinDiceLoss GeneralizedWassersteinDiceLoss(
        Tensor dist_matrix, WassersteinWeighting weighting_mode = WassersteinWeighting.Default, long ignore_index = DefaultIgnoreIndex,
        double smooth_nr = DefaultSmooth, double smooth_dr = DefaultSmooth, Reduction reduction = Reduction.Mean) =>
        new(dist_matrix, weighting_mode, ignore_index, smooth_nr, smooth_dr, reduction);

    /// <summary>How much the voxels of a class weigh in <see cref="GeneralizedWassersteinDiceLoss"/>. The names are those of MONAI's
    /// <c>weighting_mode</c>.</summary>
    public enum WassersteinWeighting
    {
        /// <summary>All the same but the background, which is no true positive (Fidon 2017).</summary>
        Default,

        /// <summary>1 / (T + 1), the background too (Tilborghs 2020).</summary>
        GDL,
    }
}
