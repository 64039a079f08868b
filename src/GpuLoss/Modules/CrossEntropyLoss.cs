using GpuLoss.Autograd;
using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Cross-entropy; see <see cref="nn.CrossEntropyLoss"/>.</summary>
public sealed class CrossEntropyLoss : FusedLossModule
{
    internal CrossEntropyLoss(Tensor? weight, long ignore_index, Reduction reduction, double label_smoothing, nn.Activation activation)
        : base(
            LossDefinitions.OfVoxels(reduction), ClassWeights.From(weight), ignore_index, reduction,
            LossDefinitions.CrossEntropyTerm(
                activation, nameof(activation), label_smoothing) with
            { Unreduced = reduction == Reduction.None })
    {
    }
}
