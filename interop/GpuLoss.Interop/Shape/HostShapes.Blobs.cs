using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Shape;

namespace GpuLoss.Interop.Shape;

internal static unsafe partial class HostShapes
{
    /// <summary>Numbers the connected parts of volumes.</summary>
    /// <param name="grid">The voxels of a volume: one to three axes.</param>
    /// <param name="volumes">The number of volumes.</param>
    /// <param name="connectivity">As in <see cref="ConnectedComponents.Label(SpatialGrid, int, int*)"/>.</param>
    /// <param name="labels">int32, more than 0 in the set and 0 elsewhere; receives the numbers.</param>
    public static void Components(SpatialGrid grid, long volumes, int connectivity, nint labels)
    {
        ArgumentNullException.ThrowIfNull(grid);
        ConnectedComponents.Label(grid, volumes, connectivity, (int*)labels, TorchThreadTeam.Current);
    }

    /// <summary>Numbers the blobs of a target.</summary>
    /// <param name="problem">The target.</param>
    /// <param name="connectivity">As in <see cref="ConnectedComponents.Label(SpatialGrid, int, int*)"/>.</param>
    /// <param name="blobs">int32 [N, C', V]: receives them, 0 outside and -1 where a voxel does not count.</param>
    /// <returns>How many there are of every sample and class.</returns>
    public static int[] Blobs(ShapeProblem problem, int connectivity, nint blobs)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var counts = new int[problem.Pairs];
        if (problem.IsDouble)
            BlobKernel.Label(problem.Tensors<double>(), problem.Grid, connectivity, (int*)blobs, counts, TorchThreadTeam.Current);
        else
            BlobKernel.Label(problem.Tensors<float>(), problem.Grid, connectivity, (int*)blobs, counts, TorchThreadTeam.Current);
        return counts;
    }

    /// <summary>The sums of blobs; see <see cref="BlobKernel.Forward{T}"/>.</summary>
    /// <param name="problem">The predictions.</param>
    /// <param name="blobs">As <see cref="Blobs"/> wrote them.</param>
    /// <param name="counts">As it returned them.</param>
    /// <param name="isSquared">Whether P = Σ p².</param>
    /// <param name="sums">Receives them, float64.</param>
    public static void BlobSums(ShapeProblem problem, nint blobs, int[] counts, bool isSquared, nint sums)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (problem.IsDouble)
            BlobKernel.Forward(problem.Tensors<double>(), (int*)blobs, counts, isSquared, (double*)sums, TorchThreadTeam.Current);
        else
            BlobKernel.Forward(problem.Tensors<float>(), (int*)blobs, counts, isSquared, (double*)sums, TorchThreadTeam.Current);
    }

    /// <summary>The gradient of the sums of blobs.</summary>
    /// <param name="problem">The predictions.</param>
    /// <param name="blobs">As <see cref="Blobs"/> wrote them.</param>
    /// <param name="counts">As it returned them.</param>
    /// <param name="isSquared">Whether P = Σ p².</param>
    /// <param name="ofSums">The gradient of the sums, float64.</param>
    /// <param name="gradient">Receives [N, C, V].</param>
    public static void BlobGradient(ShapeProblem problem, nint blobs, int[] counts, bool isSquared, nint ofSums, nint gradient)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var team = TorchThreadTeam.Current;
        if (problem.IsDouble)
            BlobKernel.Backward(problem.Tensors<double>(), (int*)blobs, counts, isSquared, (double*)ofSums, (double*)gradient, team);
        else
            BlobKernel.Backward(problem.Tensors<float>(), (int*)blobs, counts, isSquared, (double*)ofSums, (float*)gradient, team);
    }
}
