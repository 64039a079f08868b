using GpuLoss.Autograd;
using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Poly-1 cross-entropy or focal loss; see <see cref="nn.Poly1Loss"/>.</summary>
public sealed class Poly1Loss : FusedLossModule
{
    internal Poly1Loss(
        double epsilon, double gamma, Tensor? weight, long ignore_index, Reduction reduction, double label_smoothing,
        nn.Activation activation)
        : base(
            LossDefinitions.OfVoxels(reduction) with { FocalGamma = LossDefinitions.NotNegative(gamma, nameof(gamma)) },
            ClassWeights.From(weight), ignore_index,
            reduction,
            LossDefinitions.CrossEntropyTerm(activation, nameof(activation), label_smoothing) with
            {
                Poly = LossDefinitions.PolyFactor(epsilon, nameof(epsilon)),
                Unreduced = reduction == Reduction.None,
            })
    {
    }
}
