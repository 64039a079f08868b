namespace GpuLoss;

/// <content>Losses of centerlines.</content>
public static partial class nn
{
    /// <summary>
    /// Centerline Dice, <c>1 - 2·Tprec·Tsens / (Tprec + Tsens)</c> with <c>Tprec = (Σ s(p)·t + smooth) / (Σ s(p) + smooth)</c> and <c>Tsens
    /// = (Σ s(t)·p + smooth) / (Σ s(t) + smooth)</c>, where s is the soft skeleton (Shit 2021, arXiv 2003.07311, equation 1 and algorithm
    /// 1), as MONAI 1.5's <c>SoftclDiceLoss</c>: sums run over voxels, classes and samples. It is for thin, connected structures: vessels,
    /// nerves, roads.
    /// </summary>
    /// <param name="iter_">How often the volume is eroded, 0 to 1000: as many as the largest radius of a structure has voxels.</param>
    /// <param name="smooth">Added to every sum of a ratio, more than 0.</param>
    /// <param name="include_background">Whether class 0 counts. MONAI leaves the first channel out, whatever it is.</param>
    /// <param name="ignore_index">Voxels with this label are empty in prediction and target.</param>
    /// <param name="activation">What makes predictions p of the logits.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Modules.SoftclDiceLoss SoftclDiceLoss(
        int iter_ = 3, double smooth = 1, bool include_background = false, long ignore_index = DefaultIgnoreIndex,
            Activation activation = Activation.Softmax) =>
        new(new(include_background, activation, ignore_index) { MostAxes = 3 }, iter_, smooth);

    /// <summary>
    /// <c>(1 - alpha)·Dice + alpha·clDice</c> with Dice of the sums over voxels, classes and samples, as MONAI 1.5's
    /// <c>SoftDiceclDiceLoss</c>; see <see cref="SoftclDiceLoss"/>.
    /// </summary>
    /// <param name="iter_">How often the volume is eroded, 0 to 1000: as many as the largest radius of a structure has voxels.</param>
    /// <param name="alpha">The share of centerline Dice, from 0 to 1.</param>
    /// <param name="smooth">Added to every sum of a ratio, more than 0.</param>
    /// <param name="include_background">Whether class 0 counts. MONAI leaves the first channel out, whatever it is.</param>
    /// <param name="ignore_index">Voxels with this label are empty in prediction and target.</param>
    /// <param name="activation">What makes predictions p of the logits.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Modules.SoftDiceclDiceLoss SoftDiceclDiceLoss(
        int iter_ = 3, double alpha = 0.5, double smooth = 1, bool include_background = false, long ignore_index = DefaultIgnoreIndex,
        Activation activation = Activation.Softmax) =>
        new(new(include_background, activation, ignore_index) { MostAxes = 3 }, iter_, alpha, smooth);
}
