using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Shape;

namespace GpuLoss.Interop.Shape;

internal sealed unsafe partial class HostShapes
{
    /// <inheritdoc/>
    public long SkeletonScratch(ShapeProblem problem) => 0;

    /// <inheritdoc/>
    public long SkeletonGradientScratch(ShapeProblem problem, int iterations) => 0;

    /// <inheritdoc/>
    public void Skeletons(ShapeProblem problem, int iterations, nint scratch, nint sums)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (problem.IsDouble)
            SkeletonKernel.Forward(problem.Tensors<double>(), problem.Grid, iterations, (double*)sums, TorchThreadTeam.Current);
        else
            SkeletonKernel.Forward(problem.Tensors<float>(), problem.Grid, iterations, (double*)sums, TorchThreadTeam.Current);
    }

    /// <inheritdoc/>
    public void SkeletonGradient(ShapeProblem problem, int iterations, nint ofSums, nint scratch, nint gradient)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var team = TorchThreadTeam.Current;
        if (problem.IsDouble)
            SkeletonKernel.Backward(problem.Tensors<double>(), problem.Grid, iterations, (double*)ofSums, (double*)gradient, team);
        else
            SkeletonKernel.Backward(problem.Tensors<float>(), problem.Grid, iterations, (double*)ofSums, (float*)gradient, team);
    }
}
