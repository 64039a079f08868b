using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>From the gradient with respect to statistics to the coefficients of Spread: what Score is for the losses that are
/// data.</summary>
internal static class StatisticsGradient
{
    /// <summary>The coefficients of a call.</summary>
    /// <param name="gradient">float64 [N, 3·C + 2]: with respect to I, P and T of every class, to the voxel term and to the number of
    /// voxels. T and that number do not depend on the logits.</param>
    /// <param name="problem">The call.</param>
    /// <param name="type">The type of the coefficients.</param>
    /// <returns>Contiguous [N, C, 4].</returns>
    public static Tensor Coefficients(Tensor gradient, LossProblem problem, LogitsType type)
    {
        using var scope = torch.NewDisposeScope();
        using var noGraph = torch.no_grad();
        var classes = problem.Shape.Classes;
        var (byIntersection, byPrediction) = (gradient.narrow(1, 0, classes), gradient.narrow(1, classes, classes));
        var none = torch.zeros_like(byPrediction);
        var isSquared = problem.Sums[0].Overlap == OverlapSums.Squared;
        var byVoxelTerm = gradient.narrow(1, 3 * classes, 1).expand_as(byPrediction);
        return torch.stack(
            [
                byIntersection,
                isSquared ? none : byPrediction,
                isSquared ? 2 * byPrediction : none,
                byVoxelTerm,
            ],
            dim: -1)
            .to_type(TensorLayouts.WideTypeOf(type))
            .contiguous()
            .MoveToOuterDisposeScope();
    }
}
