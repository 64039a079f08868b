using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Soft Jaccard loss of softmax probabilities; see <see cref="nn.JaccardLoss"/>.</summary>
public sealed class JaccardLoss : FusedLossModule
{
    internal JaccardLoss(
        bool include_background, bool batch, Tensor? weight, long ignore_index, double smooth_nr, double smooth_dr, Reduction reduction)
        : base(
            LossDefinitions.Jaccard(new(include_background, batch, smooth_nr, smooth_dr)), crossEntropyScale: 0, weight,
            ignore_index, reduction)
    {
    }
}
