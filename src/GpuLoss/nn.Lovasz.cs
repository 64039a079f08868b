namespace GpuLoss;

/// <content>Losses by the order of the voxels.</content>
public static partial class nn
{
    /// <summary>The classes whose mean a Lovász loss is.</summary>
    public enum LovaszClasses
    {
        /// <summary>Those that have voxels, in the sample or the batch.</summary>
        Present,

        /// <summary>All. Of a class without voxels the value is its largest error.</summary>
        All,
    }

    /// <summary>
    /// Lovász-softmax, the Lovász extension of the Jaccard loss of each class at the errors <c>|t - p|</c> (Berman 2018, arXiv 1705.08790,
    /// equation 11), with the names and defaults of the paper's code. Equal errors share what they add to the Jaccard loss, so that no
    /// order of the voxels matters.
    /// </summary>
    /// <param name="classes">The classes whose mean it is.</param>
    /// <param name="only">Only these classes, whether they have voxels or not; null for what <paramref name="classes"/> says. A copy is
    /// kept.</param>
    /// <param name="per_image">Whether the voxels of every sample are sorted by themselves, and the mean is taken over the samples; else
    /// those of the whole batch are sorted together.</param>
    /// <param name="ignore_index">Voxels with this label do not exist for the loss.</param>
    /// <param name="activation">What makes predictions p of the logits.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Modules.LovaszSoftmaxLoss LovaszSoftmaxLoss(
        LovaszClasses classes = LovaszClasses.Present, int[]? only = null, bool per_image = false, long ignore_index = DefaultIgnoreIndex,
        Activation activation = Activation.Softmax) =>
        new(new(include_background: true, activation, ignore_index), classes, only, per_image);

    /// <summary>
    /// Lovász-hinge, the Lovász extension of the Jaccard loss of each class at the hinge errors <c>1 - s·x</c> of its logits x, s = 1 for a
    /// voxel of the class and -1 for others, where they are more than 0 (Berman 2018, arXiv 1705.08790, equation 10), with the defaults of
    /// the paper's code. It is made for C = 1; of several classes it takes the mean, each against the rest.
    /// </summary>
    /// <param name="only">Only these classes; all where null. A copy is kept.</param>
    /// <param name="per_image">Whether the voxels of every sample are sorted by themselves, and the mean is taken over the samples; else
    /// those of the whole batch are sorted together.</param>
    /// <param name="ignore_index">Voxels with this label do not exist for the loss.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Modules.LovaszHingeLoss LovaszHingeLoss(int[]? only = null, bool per_image = true,
        long ignore_index = DefaultIgnoreIndex) =>
        new(new(include_background: true, Activation.None, ignore_index), only, per_image);
}
