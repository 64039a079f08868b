using GpuLoss.Autograd;
using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Soft Jaccard loss; see <see cref="nn.JaccardLoss"/>.</summary>
public sealed class JaccardLoss : FusedLossModule
{
    internal JaccardLoss(OverlapOptions overlap, Tensor? weight, long ignore_index, Reduction reduction)
        : base(LossDefinitions.Jaccard(overlap), crossEntropyScale: 0, weight, ignore_index, reduction, overlap.Term)
    {
    }
}
