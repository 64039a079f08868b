using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss;

/// <content>Poly-1, alone.</content>
public static partial class nn
{
    /// <summary>
    /// Poly-1: cross-entropy or focal loss with another factor of the first term of its series in 1 - p, <c>w_c·t'·(1 - p)^gamma·(-ln p +
    /// epsilon·(1 - p))</c> summed over the classes (Leng 2022, arXiv 2204.12511). The mean is that of <see cref="CrossEntropyLoss"/>.
    /// </summary>
    /// <param name="epsilon">The factor of 1 - p, no less than -1. At 0 the loss is cross-entropy or focal loss, above it weighs voxels
    /// that are nearly right more.</param>
    /// <param name="gamma">The power of focal loss, not negative; 0 is cross-entropy.</param>
    /// <param name="weight">Weights of the classes, a floating-point tensor of C entries, or of one number for all. A copy is kept.</param>
    /// <inheritdoc cref="DiceLoss" path="/param[@name='ignore_index']"/>
    /// <param name="reduction">Mean or Sum over voxels, or None: [N, *S]. The mean of class indices is weighted.</param>
    /// <param name="label_smoothing">As in <see cref="CrossEntropyLoss"/>.</param>
    /// <param name="activation">What makes p of the logits: Softmax, or None for probabilities.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Modules.Poly1Loss Poly1Loss(
        double epsilon = 1, double gamma = 0, Tensor? weight = null, long ignore_index = DefaultIgnoreIndex,
        Reduction reduction = Reduction.Mean,
        double label_smoothing = 0, Activation activation = Activation.Softmax) =>
        new(epsilon, gamma, weight, ignore_index, reduction, label_smoothing, activation);
}
