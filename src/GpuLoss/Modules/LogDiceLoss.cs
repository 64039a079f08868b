using GpuLoss.Kernels.Objective;
using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Logarithmic Dice loss of softmax probabilities; see <see cref="nn.LogDiceLoss"/>.</summary>
public sealed class LogDiceLoss : FusedLossModule
{
    internal LogDiceLoss(
        double gamma, bool include_background, bool batch, Tensor? weight, long ignore_index, double smooth_nr, double smooth_dr, Reduction reduction)
        : base(
            LossDefinitions.Dice(new(include_background, batch, smooth_nr, smooth_dr), squared: false) with
            {
                Measure = OverlapMeasure.NegativeLogarithm,
                Exponent = LossDefinitions.Positive(gamma, nameof(gamma)),
            }, crossEntropyScale: 0, weight,
            ignore_index, reduction)
    {
    }
}
