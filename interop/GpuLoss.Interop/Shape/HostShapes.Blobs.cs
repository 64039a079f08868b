using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Shape;

namespace GpuLoss.Interop.Shape;

internal sealed unsafe partial class HostShapes
{
    /// <inheritdoc/>
    public long ComponentScratch(SpatialGrid grid, long volumes) => 0;

    /// <inheritdoc/>
    public long BlobScratch(ShapeProblem problem, bool isSquared) => 0;

    /// <inheritdoc/>
    public void Components(SpatialGrid grid, long volumes, int connectivity, nint scratch, nint labels)
    {
        ArgumentNullException.ThrowIfNull(grid);
        ConnectedComponents.Label(grid, volumes, connectivity, (int*)labels, TorchThreadTeam.Current);
    }

    /// <inheritdoc/>
    public void Blobs(ShapeProblem problem, int connectivity, nint scratch, nint blobs, nint counts)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (problem.IsDouble)
            BlobKernel.Label(problem.Tensors<double>(), problem.Grid, connectivity, (int*)blobs, (int*)counts, TorchThreadTeam.Current);
        else
            BlobKernel.Label(problem.Tensors<float>(), problem.Grid, connectivity, (int*)blobs, (int*)counts, TorchThreadTeam.Current);
    }

    /// <inheritdoc/>
    public void BlobSums(ShapeProblem problem, nint blobs, SortedBlobs sorted, int most, bool isSquared, nint scratch, nint sums)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (problem.IsDouble)
            BlobKernel.Forward(problem.Tensors<double>(), (int*)blobs, most, isSquared, (double*)sums, TorchThreadTeam.Current);
        else
            BlobKernel.Forward(problem.Tensors<float>(), (int*)blobs, most, isSquared, (double*)sums, TorchThreadTeam.Current);
    }

    /// <inheritdoc/>
    public void BlobGradient(ShapeProblem problem, nint blobs, int most, bool isSquared, nint ofSums, nint gradient)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var team = TorchThreadTeam.Current;
        if (problem.IsDouble)
            BlobKernel.Backward(problem.Tensors<double>(), (int*)blobs, most, isSquared, (double*)ofSums, (double*)gradient, team);
        else
            BlobKernel.Backward(problem.Tensors<float>(), (int*)blobs, most, isSquared, (double*)ofSums, (float*)gradient, team);
    }
}
