namespace GpuLoss;

public static partial class nn
{
    /// <summary>
    /// How <see cref="GeneralizedDiceLoss"/> weighs a class by its volume T, the number of voxels of the class in the target. The names are
    /// those of MONAI's <c>w_type</c>; the weights are of Sudre 2017 (arXiv 1707.03237), section 2.1.
    /// </summary>
    public enum ClassWeighting
    {
        /// <summary>1 / T².</summary>
        Square,

        /// <summary>1 / T.</summary>
        Simple,

        /// <summary>1.</summary>
        Uniform,
    }
}
