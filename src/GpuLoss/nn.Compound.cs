using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss;

/// <content>Losses made of losses.</content>
public static partial class nn
{
    /// <summary>
    /// A weighted sum of losses that costs one pass forward and one backward, whatever the number of terms. Each has its own activation and
    /// options; they share target, mask and <c>ignore_index</c>. Terms with the same sums share these too, and it is fastest where all do:
    /// with the softmax, class indices, one <c>squared</c>, one <c>gamma</c>, and the same weights of the cross-entropies.
    /// A loss of shapes (<see cref="BoundaryLoss"/>, <see cref="LovaszSoftmaxLoss"/>, ...) may be a term too, and costs its own passes; see
    /// <see cref="Modules.CompoundLoss.with_weight"/> for weights that change between steps.
    /// </summary>
    /// <param name="terms">Factors, of any sign, and losses of this class: <c>CompoundLoss((1, DiceLoss()), (0.5, CrossEntropyLoss()))</c>.
    /// The compound disposes them.</param>
    /// <exception cref="ArgumentException">There is no term, a term is no loss of this class, the terms have different <c>ignore_index</c>,
    /// a reduction is None, or they need more than eight different sums.</exception>
    public static Modules.CompoundLoss CompoundLoss(params (double weight, Loss<Tensor, Tensor, Tensor> term)[] terms) => new(terms);

    /// <summary>A loss over a list of outputs, each of another resolution, as in deep supervision.</summary>
    /// <param name="loss">The loss of one output. This module disposes it.</param>
    /// <param name="weights">One factor per output; 0 leaves an output out. Null takes MONAI 1.6's <c>DeepSupervisionLoss</c> in its mode
    /// "exp": max(0.5^level, 0.0625). <see cref="nnunet_supervision_weights"/> are nnU-Net's.</param>
    /// <exception cref="ArgumentException">A weight is not finite.</exception>
    public static Modules.DeepSupervisionLoss DeepSupervisionLoss(Loss<Tensor, Tensor, Tensor> loss, double[]? weights = null) =>
        new(loss, weights);

    /// <summary>nnU-Net v2's weights of deep supervision: 1/2^level, the last one 0, divided by their sum.</summary>
    /// <param name="levels">The number of outputs, 2 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer.</exception>
    public static double[] nnunet_supervision_weights(int levels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(levels, 2);
        var weights = Enumerable.Range(0, levels).Select(level => level == levels - 1 ? 0 : Math.Pow(0.5, level)).ToArray();
        var sum = weights.Sum();
        return [.. weights.Select(weight => weight / sum)];
    }

    /// <summary>MONAI's weight of a level.</summary>
    internal static double monai_supervision_weight(int level) => Math.Max(Math.Pow(0.5, level), 0.0625);
}
