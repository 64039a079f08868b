using GpuLoss.Kernels.Shape;

namespace GpuLoss.Interop.Shape;

/// <summary>What has no kernels for CUDA tensors yet.</summary>
internal sealed partial class CudaShapes
{
    /// <inheritdoc/>
    public void Components(SpatialGrid grid, long volumes, int connectivity, nint labels) => throw OnlyOnTheHost("input");

    /// <inheritdoc/>
    public int[] Blobs(ShapeProblem problem, int connectivity, nint blobs) => throw OnlyOnTheHost("The tensors of a blob loss");

    /// <inheritdoc/>
    public void BlobSums(ShapeProblem problem, nint blobs, int[] counts, bool isSquared, nint sums) =>
        throw OnlyOnTheHost("The tensors of a blob loss");

    /// <inheritdoc/>
    public void BlobGradient(ShapeProblem problem, nint blobs, int[] counts, bool isSquared, nint ofSums, nint gradient) =>
        throw OnlyOnTheHost("The tensors of a blob loss");
}
