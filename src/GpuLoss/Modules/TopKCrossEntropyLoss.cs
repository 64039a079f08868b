using GpuLoss.Autograd;
using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Cross-entropy of the voxels where it is largest; see <see cref="nn.TopKCrossEntropyLoss"/>.</summary>
public sealed class TopKCrossEntropyLoss : FusedLossModule
{
    internal TopKCrossEntropyLoss(double k, Tensor? weight, long ignore_index, double label_smoothing)
        : base(
            LossDefinitions.OfVoxels(Reduction.Mean), ClassWeights.From(weight), ignore_index, Reduction.Mean,
            new TermOptions
            {
                TopPercent = LossDefinitions.Percent(k, nameof(k)),
                LabelSmoothing = LossDefinitions.Share(label_smoothing, nameof(label_smoothing)),
            })
    {
    }
}
