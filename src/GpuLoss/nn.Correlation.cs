using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss;

/// <content>The correlation of prediction and target.</content>
public static partial class nn
{
    /// <summary>
    /// One minus Matthews' correlation coefficient per class (Abhishek 2021, arXiv 2010.13454, equations 3 to 5), as MONAI 1.6's
    /// <c>MCCLoss</c>: <c>1 - (V·I - P·T + smooth_nr) / √(P·T·(V - P)·(V - T) + smooth_dr)</c>, V being the voxels that count. In terms of
    /// the confusion matrix, TP = I, FP = P - I, FN = T - I, TN = V - P - T + I: unlike Dice it looks at true negatives too. From 0, where
    /// all is right, to 2, where all is wrong. A prediction without a mistake has a loss of 0 also where a class is absent or everywhere,
    /// whose correlation is not defined; else the loss of such a class is 1 and has next to no gradient.
    /// </summary>
    /// <param name="include_background">Whether class 0 counts.</param>
    /// <param name="batch">Whether sums run over the batch too, giving one coefficient per class instead of one per sample and
    /// class.</param>
    /// <param name="weight">Factors of the classes, as in <see cref="DiceLoss"/>.</param>
    /// <inheritdoc cref="DiceLoss" path="/param[@name='ignore_index']"/>
    /// <param name="smooth_nr">Added to the numerator.</param>
    /// <param name="smooth_dr">Added to what the root is taken of.</param>
    /// <param name="reduction">Mean or Sum over samples and classes, or None: [N, C], [C] with batch.</param>
    /// <param name="activation">What makes predictions p of the logits.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Modules.MCCLoss MCCLoss(
        bool include_background = true, bool batch = false, Tensor? weight = null, long ignore_index = DefaultIgnoreIndex,
        double smooth_nr = 0,
        double smooth_dr = DefaultSmooth, Reduction reduction = Reduction.Mean, Activation activation = Activation.Softmax) =>
        new(new(include_background, batch, smooth_nr, smooth_dr, activation, soft_label: false), weight, ignore_index, reduction);
}
