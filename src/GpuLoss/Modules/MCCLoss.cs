using GpuLoss.Autograd;
using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Loss of Matthews' correlation coefficient; see <see cref="nn.MCCLoss"/>.</summary>
public sealed class MCCLoss : FusedLossModule
{
    internal MCCLoss(OverlapOptions overlap, Tensor? weight, long ignore_index, Reduction reduction)
        : base(LossDefinitions.Correlation(overlap), crossEntropyScale: 0, weight, ignore_index, reduction, overlap.Term,
            UnreducedShape.Flat)
    {
    }
}
