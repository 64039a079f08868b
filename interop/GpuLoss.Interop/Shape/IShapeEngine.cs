using GpuLoss.Kernels.Shape;

namespace GpuLoss.Interop.Shape;

/// <summary>
/// The losses of shapes on one kind of device. Addresses are those of contiguous torch tensors on it, which the caller keeps alive; scratch
/// memory is the caller's too, bytes of any contents.
/// </summary>
internal interface IShapeEngine
{
    /// <summary>Whether work is only enqueued when a call returns: a look at a number of a tensor would wait for all of it.</summary>
    bool IsEnqueued { get; }

    /// <summary>The bytes of scratch memory that <see cref="Distances"/> asks for.</summary>
    long DistanceScratch(SpatialGrid grid, long volumes);

    /// <summary>Distances of voxels to the nearest whose byte is 0.</summary>
    /// <param name="grid">The voxels of a volume.</param>
    /// <param name="volumes">The number of volumes.</param>
    /// <param name="marks">A byte for each voxel.</param>
    /// <param name="scratch"><see cref="DistanceScratch"/> bytes.</param>
    /// <param name="distances">Receives them.</param>
    /// <param name="isDouble">Whether they are float64; else they are float32.</param>
    void Distances(SpatialGrid grid, long volumes, nint marks, nint scratch, nint distances, bool isDouble);

    /// <summary>The bytes of scratch memory that <see cref="SignedDistances"/>, <see cref="Products"/> and <see cref="Hausdorff"/> ask
    /// for.</summary>
    long PlaneScratch(ShapeProblem problem);

    /// <summary>Signed distance maps of the classes of a target.</summary>
    /// <param name="problem">The target; predictions are not read.</param>
    /// <param name="scratch"><see cref="PlaneScratch"/> bytes.</param>
    /// <param name="maps">Receives [N, C', V].</param>
    void SignedDistances(ShapeProblem problem, nint scratch, nint maps);

    /// <summary>The sum over the voxels that count of predictions times numbers.</summary>
    /// <param name="problem">The predictions.</param>
    /// <param name="factors">[N, C', V], the numbers and so the slopes.</param>
    /// <param name="scratch"><see cref="PlaneScratch"/> bytes.</param>
    /// <param name="values">Receives [N, C'] doubles.</param>
    void Products(ShapeProblem problem, nint factors, nint scratch, nint values);

    /// <summary>The Hausdorff loss by distance transforms, summed over the voxels that count.</summary>
    /// <param name="problem">Predictions and target.</param>
    /// <param name="alpha">The exponent of the distances.</param>
    /// <param name="scratch"><see cref="PlaneScratch"/> bytes.</param>
    /// <param name="values">Receives [N, C'] doubles.</param>
    /// <param name="slopes">Receives [N, C', V].</param>
    void Hausdorff(ShapeProblem problem, double alpha, nint scratch, nint values, nint slopes);

    /// <summary>The gradient of values that are known with their slopes.</summary>
    /// <param name="problem">The sizes.</param>
    /// <param name="slopes">[N, C', V].</param>
    /// <param name="ofValues">[R, C'] doubles, R = N or 1.</param>
    /// <param name="rows">R.</param>
    /// <param name="gradient">Receives [N, C, V].</param>
    void Gradient(ShapeProblem problem, nint slopes, nint ofValues, int rows, nint gradient);

    /// <summary>M, the voxels of a class that torch has to sort at a time for <see cref="Lovasz"/>; 0 where the engine sorts
    /// itself.</summary>
    /// <exception cref="NotSupportedException">They are too many.</exception>
    long LovaszElements(ShapeProblem problem, LovaszForm form);

    /// <summary>The bytes of scratch memory that <see cref="Lovasz"/> asks for.</summary>
    long LovaszScratch(ShapeProblem problem, LovaszForm form);

    /// <summary>A Lovász loss of every class.</summary>
    /// <param name="problem">Predictions, or logits for the hinge, and target.</param>
    /// <param name="form">The loss.</param>
    /// <param name="wanted">Which of the C' classes are computed.</param>
    /// <param name="memory">What it is computed in, where there are <see cref="LovaszElements"/>.</param>
    /// <param name="values">Receives [R, C'] doubles, R = N per sample, else 1.</param>
    /// <param name="counted">Receives [R, C'] doubles: 1 for each class that has a value.</param>
    /// <param name="slopes">Receives [N, C', V]; 0 where they are not wanted.</param>
    void Lovasz(
        ShapeProblem problem, LovaszForm form, ReadOnlySpan<bool> wanted, LovaszMemory memory, nint values, nint counted, nint slopes);

    /// <summary>The bytes of scratch memory that <see cref="Skeletons"/> asks for.</summary>
    long SkeletonScratch(ShapeProblem problem);

    /// <summary>The sums of a sample and class that centerline Dice is a function of; see <see cref="SkeletonSum"/>.</summary>
    /// <param name="problem">Predictions and target; all voxels count.</param>
    /// <param name="iterations">How often the volume is eroded.</param>
    /// <param name="scratch"><see cref="SkeletonScratch"/> bytes.</param>
    /// <param name="sums">Receives [N, C', 7] doubles.</param>
    void Skeletons(ShapeProblem problem, int iterations, nint scratch, nint sums);

    /// <summary>The bytes of scratch memory that <see cref="SkeletonGradient"/> asks for.</summary>
    long SkeletonGradientScratch(ShapeProblem problem, int iterations);

    /// <summary>The gradient of those sums with respect to the predictions.</summary>
    /// <param name="problem">As forward took it.</param>
    /// <param name="iterations">Likewise.</param>
    /// <param name="ofSums">The gradient of the sums, [N, C', 7] doubles.</param>
    /// <param name="scratch"><see cref="SkeletonGradientScratch"/> bytes.</param>
    /// <param name="gradient">Receives [N, C, V].</param>
    void SkeletonGradient(ShapeProblem problem, int iterations, nint ofSums, nint scratch, nint gradient);

    /// <summary>The bytes of scratch memory that <see cref="Components"/> asks for.</summary>
    long ComponentScratch(SpatialGrid grid, long volumes);

    /// <summary>Numbers the connected parts of volumes: 1, 2, ... in the order of their first voxels, or, where work is enqueued, by the
    /// place of
    /// their first voxel, from 1 on.</summary>
    /// <param name="grid">The voxels of a volume: one to three axes.</param>
    /// <param name="volumes">The number of volumes.</param>
    /// <param name="connectivity">As in <see cref="ConnectedComponents.Label(SpatialGrid, int, int*)"/>.</param>
    /// <param name="scratch"><see cref="ComponentScratch"/> bytes.</param>
    /// <param name="labels">int32, more than 0 in the set and 0 elsewhere; receives the numbers.</param>
    void Components(SpatialGrid grid, long volumes, int connectivity, nint scratch, nint labels);

    /// <summary>Numbers the blobs of a target as <see cref="Components"/> does.</summary>
    /// <param name="problem">The target.</param>
    /// <param name="connectivity">As in <see cref="ConnectedComponents.Label(SpatialGrid, int, int*)"/>.</param>
    /// <param name="scratch"><see cref="ComponentScratch"/> bytes for a volume for each sample and class.</param>
    /// <param name="blobs">int32 [N, C', V]: receives them, 0 outside and -1 where a voxel does not count.</param>
    /// <param name="counts">int32 [N, C']: receives how many there are, unless work is enqueued.</param>
    void Blobs(ShapeProblem problem, int connectivity, nint scratch, nint blobs, nint counts);

    /// <summary>The bytes of scratch memory that <see cref="BlobSums"/> asks for.</summary>
    long BlobScratch(ShapeProblem problem, bool isSquared);

    /// <summary>The sums of blobs; see <see cref="BlobKernel.Forward{T}"/>.</summary>
    /// <param name="problem">The predictions.</param>
    /// <param name="blobs">int32 [N, C', V], consecutive numbers; 0 outside and -1 where a voxel does not count.</param>
    /// <param name="sorted">Where work is enqueued, the blobs of each sample and class in rising order.</param>
    /// <param name="most">The blobs of a sample and class at most.</param>
    /// <param name="isSquared">Whether P = Σ p².</param>
    /// <param name="scratch"><see cref="BlobScratch"/> bytes.</param>
    /// <param name="sums">Receives them, float64.</param>
    void BlobSums(ShapeProblem problem, nint blobs, SortedBlobs sorted, int most, bool isSquared, nint scratch, nint sums);

    /// <summary>The gradient of the sums of blobs.</summary>
    /// <param name="problem">The predictions.</param>
    /// <param name="blobs">As <see cref="BlobSums"/> took them.</param>
    /// <param name="most">Likewise.</param>
    /// <param name="isSquared">Whether P = Σ p².</param>
    /// <param name="ofSums">The gradient of the sums, float64.</param>
    /// <param name="gradient">Receives [N, C, V].</param>
    void BlobGradient(ShapeProblem problem, nint blobs, int most, bool isSquared, nint ofSums, nint gradient);
}

/// <summary>Voxels in the order of their blobs.</summary>
/// <param name="Blobs">Int32 [N, C', V], rising.</param>
/// <param name="Places">Int64 [N, C', V], the voxel of each.</param>
internal readonly record struct SortedBlobs(nint Blobs, nint Places);
