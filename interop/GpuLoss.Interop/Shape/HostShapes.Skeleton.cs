using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Shape;

namespace GpuLoss.Interop.Shape;

internal sealed unsafe partial class HostShapes
{
    /// <summary>The sums of a sample and class that centerline Dice is a function of; see <see cref="SkeletonSum"/>.</summary>
    public const int SkeletonSums = SkeletonKernel.Sums;

    /// <inheritdoc/>
    public void Skeletons(ShapeProblem problem, int iterations, nint sums)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (problem.IsDouble)
            SkeletonKernel.Forward(problem.Tensors<double>(), problem.Grid, iterations, (double*)sums, TorchThreadTeam.Current);
        else
            SkeletonKernel.Forward(problem.Tensors<float>(), problem.Grid, iterations, (double*)sums, TorchThreadTeam.Current);
    }

    /// <inheritdoc/>
    public void SkeletonGradient(ShapeProblem problem, int iterations, nint ofSums, nint gradient)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (problem.IsDouble)
            SkeletonKernel.Backward(problem.Tensors<double>(), problem.Grid, iterations, (double*)ofSums, (double*)gradient, TorchThreadTeam.Current);
        else
            SkeletonKernel.Backward(problem.Tensors<float>(), problem.Grid, iterations, (double*)ofSums, (float*)gradient, TorchThreadTeam.Current);
    }
}
