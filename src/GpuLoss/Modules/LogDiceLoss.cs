using GpuLoss.Autograd;
using GpuLoss.Kernels.Objective;
using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Logarithmic Dice loss; see <see cref="nn.LogDiceLoss"/>.</summary>
public sealed class LogDiceLoss : FusedLossModule
{
    internal LogDiceLoss(OverlapOptions overlap, double gamma, Tensor? weight, long ignore_index, Reduction reduction)
        : base(
            LossDefinitions.Dice(overlap, squared: false) with
            {
                Measure = OverlapMeasure.NegativeLogarithm,
                Exponent = LossDefinitions.Positive(gamma, nameof(gamma)),
            }, crossEntropyScale: 0, weight, ignore_index, reduction, overlap.Term)
    {
    }
}
