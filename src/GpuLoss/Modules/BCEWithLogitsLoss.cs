using GpuLoss.Autograd;
using GpuLoss.Kernels.Objective;
using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Binary cross-entropy of the sigmoid; see <see cref="nn.BCEWithLogitsLoss"/>.</summary>
public sealed class BCEWithLogitsLoss : FusedLossModule
{
    internal BCEWithLogitsLoss(Tensor? weight, Tensor? pos_weight, long ignore_index, Reduction reduction)
        : base(
            LossDefinitions.OfVoxels(reduction) with { VoxelMean = VoxelMean.Elements }, ClassWeights.From(weight), ignore_index, reduction,
            new TermOptions
            {
                Activation = Activation.Sigmoid,
                VoxelActivation = Activation.Sigmoid,
                PositiveWeights = pos_weight is null ? null : ClassWeights.From(pos_weight, nameof(pos_weight)),
                Unreduced = reduction == Reduction.None,
                UnreducedPerClass = true,
            })
    {
    }
}
