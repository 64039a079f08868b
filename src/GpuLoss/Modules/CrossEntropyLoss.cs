using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Cross-entropy of class indices; see <see cref="nn.CrossEntropyLoss"/>.</summary>
public sealed class CrossEntropyLoss : FusedLossModule
{
    internal CrossEntropyLoss(Tensor? weight, long ignore_index, Reduction reduction)
        : base(overlap: default, crossEntropyScale: 1, weight, ignore_index, reduction)
    {
    }
}
