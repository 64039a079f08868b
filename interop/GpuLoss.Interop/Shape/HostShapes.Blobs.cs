using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Shape;

namespace GpuLoss.Interop.Shape;

internal sealed unsafe partial class HostShapes
{
    /// <inheritdoc/>
    public void Components(SpatialGrid grid, long volumes, int connectivity, nint labels)
    {
        ArgumentNullException.ThrowIfNull(grid);
        ConnectedComponents.Label(grid, volumes, connectivity, (int*)labels, TorchThreadTeam.Current);
    }

    /// <inheritdoc/>
    public int[] Blobs(ShapeProblem problem, int connectivity, nint blobs)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var counts = new int[problem.Pairs];
        if (problem.IsDouble)
            BlobKernel.Label(problem.Tensors<double>(), problem.Grid, connectivity, (int*)blobs, counts, TorchThreadTeam.Current);
        else
            BlobKernel.Label(problem.Tensors<float>(), problem.Grid, connectivity, (int*)blobs, counts, TorchThreadTeam.Current);
        return counts;
    }

    /// <inheritdoc/>
    public void BlobSums(ShapeProblem problem, nint blobs, int[] counts, bool isSquared, nint sums)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (problem.IsDouble)
            BlobKernel.Forward(problem.Tensors<double>(), (int*)blobs, counts, isSquared, (double*)sums, TorchThreadTeam.Current);
        else
            BlobKernel.Forward(problem.Tensors<float>(), (int*)blobs, counts, isSquared, (double*)sums, TorchThreadTeam.Current);
    }

    /// <inheritdoc/>
    public void BlobGradient(ShapeProblem problem, nint blobs, int[] counts, bool isSquared, nint ofSums, nint gradient)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var team = TorchThreadTeam.Current;
        if (problem.IsDouble)
            BlobKernel.Backward(problem.Tensors<double>(), (int*)blobs, counts, isSquared, (double*)ofSums, (double*)gradient, team);
        else
            BlobKernel.Backward(problem.Tensors<float>(), (int*)blobs, counts, isSquared, (double*)ofSums, (float*)gradient, team);
    }
}
