using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Shape;

namespace GpuLoss.Interop.Shape;

internal static unsafe partial class HostShapes
{
    /// <summary>The sums of a sample and class that centerline Dice is a function of; see <see cref="SkeletonSum"/>.</summary>
    public const int SkeletonSums = SkeletonKernel.Sums;

    /// <summary>Those sums.</summary>
    /// <param name="problem">Predictions and target; all voxels count.</param>
    /// <param name="iterations">How often the volume is eroded.</param>
    /// <param name="sums">Receives [N, C', 7] doubles.</param>
    public static void Skeletons(ShapeProblem problem, int iterations, nint sums)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (problem.IsDouble)
            SkeletonKernel.Forward(problem.Tensors<double>(), problem.Grid, iterations, (double*)sums, TorchThreadTeam.Current);
        else
            SkeletonKernel.Forward(problem.Tensors<float>(), problem.Grid, iterations, (double*)sums, TorchThreadTeam.Current);
    }

    /// <summary>The gradient with respect to the predictions.</summary>
    /// <param name="problem">As forward took it.</param>
    /// <param name="iterations">Likewise.</param>
    /// <param name="ofSums">The gradient of the sums, [N, C', 7] doubles.</param>
    /// <param name="gradient">Receives [N, C, V].</param>
    public static void SkeletonGradient(ShapeProblem problem, int iterations, nint ofSums, nint gradient)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (problem.IsDouble)
            SkeletonKernel.Backward(problem.Tensors<double>(), problem.Grid, iterations, (double*)ofSums, (double*)gradient, TorchThreadTeam.Current);
        else
            SkeletonKernel.Backward(problem.Tensors<float>(), problem.Grid, iterations, (double*)ofSums, (float*)gradient, TorchThreadTeam.Current);
    }
}
