using GpuLoss.Interop.Cuda;
using GpuLoss.Interop.Shape;
using GpuLoss.Kernels.Shape;

namespace GpuLoss.PtxMachine;

/// <summary>The losses of shapes on CUDA tensors with the machine as their driver, as <see cref="EngineOnMachine"/> has the fused
/// losses.</summary>
internal sealed class ShapesOnMachine : IShapeEngine
{
    private readonly CudaShapes engine;
    private readonly GuardedCalls calls;
    private nint[] last = [];

    /// <summary>The losses of shapes.</summary>
    /// <param name="options">What the GPU does.</param>
    /// <param name="mostScratch">As <see cref="CudaShapes.MostScratch"/>; so little that volumes are worked on one by one, where 1.</param>
    public ShapesOnMachine(MachineOptions? options = null, long mostScratch = 1L << 28)
    {
        Driver = new MachineDriver(options);
        calls = new GuardedCalls(Driver);
        engine = new CudaShapes(new CudaDevice(Driver, ordinal: 0, CompiledKernels.Of), CompiledKernels.Of) { MostScratch = mostScratch };
    }

    public MachineDriver Driver { get; }

    public bool IsEnqueued => engine.IsEnqueued;

    public long DistanceScratch(SpatialGrid grid, long volumes) => engine.DistanceScratch(grid, volumes);

    public void Distances(SpatialGrid grid, long volumes, nint marks, nint scratch, nint distances, bool isDouble) => calls.Run(
        () => engine.Distances(grid, volumes, marks, scratch, distances, isDouble),
        [
            new(marks, volumes * grid.Voxels), new(scratch, engine.DistanceScratch(grid, volumes), IsWritten: false),
            new(distances, volumes * grid.Voxels * (isDouble ? sizeof(double) : sizeof(float)), IsWritten: false),
        ]);

    public long PlaneScratch(ShapeProblem problem) => engine.PlaneScratch(problem);

    public void SignedDistances(ShapeProblem problem, nint scratch, nint maps) => calls.Run(
        () => engine.SignedDistances(problem, scratch, maps),
        [.. Inputs(problem), Scratch(problem, scratch), new(maps, SlopeBytes(problem), IsWritten: false)]);

    public void Products(ShapeProblem problem, nint factors, nint scratch, nint values) => calls.Run(
        () => engine.Products(problem, factors, scratch, values),
        [.. Inputs(problem), new(factors, SlopeBytes(problem)), Scratch(problem, scratch), Values(problem, values)]);

    public void Hausdorff(ShapeProblem problem, double alpha, nint scratch, nint values, nint slopes) => calls.Run(
        () => engine.Hausdorff(problem, alpha, scratch, values, slopes),
        [.. Inputs(problem), Scratch(problem, scratch), Values(problem, values), new(slopes, SlopeBytes(problem), IsWritten: false)]);

    public void Gradient(ShapeProblem problem, nint slopes, nint ofValues, int rows, nint gradient) => calls.Run(
        () => engine.Gradient(problem, slopes, ofValues, rows, gradient),
        [
            new(slopes, SlopeBytes(problem)), new(ofValues, (long)rows * (problem.Classes - problem.FirstClass) * sizeof(double)),
            new(gradient, ElementBytes(problem), IsWritten: false),
        ]);

    public long LovaszElements(ShapeProblem problem, LovaszForm form) => engine.LovaszElements(problem, form);

    public long LovaszScratch(ShapeProblem problem, LovaszForm form) => engine.LovaszScratch(problem, form);

    public void Lovasz(
        ShapeProblem problem, LovaszForm form, ReadOnlySpan<bool> wanted, LovaszMemory memory, nint values, nint counted, nint slopes)
    {
        var (elements, all) = (engine.LovaszElements(problem, form), wanted.ToArray());
        var bytes = (form.PerSample ? problem.Samples : 1) * (long)(problem.Classes - problem.FirstClass) * sizeof(double);
        SortedErrors Sort()
        {
            // Torch frees what it sorted before.
            foreach (var address in last)
                Driver.Memory.Remove((ulong)address);
            var sorted = memory.Sort();
            last = [sorted.Errors, sorted.Places, sorted.Inside];
            Driver.Memory.Add((ulong)sorted.Errors, elements * sizeof(float), isWritten: true);
            Driver.Memory.Add((ulong)sorted.Places, elements * sizeof(long), isWritten: true);
            Driver.Memory.Add((ulong)sorted.Inside, elements * sizeof(int), isWritten: true);
            return sorted;
        }

        calls.Run(
            () => engine.Lovasz(problem, form, all, memory with { Sort = Sort }, values, counted, slopes),
            [
                .. Inputs(problem), new(memory.Errors, elements * sizeof(float), IsWritten: false),
                new(memory.Members, elements, IsWritten: false),
                new(memory.Scratch, engine.LovaszScratch(problem, form), IsWritten: false), new(values, bytes, IsWritten: false),
                new(counted, bytes, IsWritten: false), new(slopes, SlopeBytes(problem), IsWritten: false),
            ]);
        last = [];
    }

    public long SkeletonScratch(ShapeProblem problem) => engine.SkeletonScratch(problem);

    public void Skeletons(ShapeProblem problem, int iterations, nint scratch, nint sums) => calls.Run(
        () => engine.Skeletons(problem, iterations, scratch, sums),
        [
            .. Inputs(problem), new(scratch, engine.SkeletonScratch(problem), IsWritten: false),
            new(sums, (long)problem.Pairs * SkeletonKernel.Sums * sizeof(double), IsWritten: false),
        ]);

    public long SkeletonGradientScratch(ShapeProblem problem, int iterations) => engine.SkeletonGradientScratch(problem, iterations);

    public void SkeletonGradient(ShapeProblem problem, int iterations, nint ofSums, nint scratch, nint gradient) => calls.Run(
        () => engine.SkeletonGradient(problem, iterations, ofSums, scratch, gradient),
        [
            .. Inputs(problem), new(ofSums, (long)problem.Pairs * SkeletonKernel.Sums * sizeof(double)),
            new(scratch, engine.SkeletonGradientScratch(problem, iterations), IsWritten: false),
            new(gradient, ElementBytes(problem), IsWritten: false),
        ]);

    public long ComponentScratch(SpatialGrid grid, long volumes) => engine.ComponentScratch(grid, volumes);

    public void Components(SpatialGrid grid, long volumes, int connectivity, nint scratch, nint labels) => calls.Run(
        () => engine.Components(grid, volumes, connectivity, scratch, labels),
        [new(scratch, engine.ComponentScratch(grid, volumes), IsWritten: false), new(labels, volumes * grid.Voxels * sizeof(int))]);

    public void Blobs(ShapeProblem problem, int connectivity, nint scratch, nint blobs, nint counts) => calls.Run(
        () => engine.Blobs(problem, connectivity, scratch, blobs, counts),
        [
            .. Inputs(problem), new(scratch, engine.ComponentScratch(problem.Grid, problem.Pairs), IsWritten: false),
            new(blobs, problem.Pairs * problem.Grid.Voxels * sizeof(int), IsWritten: false),
        ]);

    public long BlobScratch(ShapeProblem problem, bool isSquared) => engine.BlobScratch(problem, isSquared);

    public void BlobSums(
        ShapeProblem problem, nint blobs, SortedBlobs sorted, int most, bool isSquared, nint scratch, nint sums) => calls.Run(
        () => engine.BlobSums(problem, blobs, sorted, most, isSquared, scratch, sums),
        [
            .. Inputs(problem), new(blobs, problem.Pairs * problem.Grid.Voxels * sizeof(int)),
            new(sorted.Blobs, problem.Pairs * problem.Grid.Voxels * sizeof(int)),
            new(sorted.Places, problem.Pairs * problem.Grid.Voxels * sizeof(long)),
            new(scratch, engine.BlobScratch(problem, isSquared), IsWritten: false), new(sums, BlobBytes(problem, most), IsWritten: false),
        ]);

    public void BlobGradient(ShapeProblem problem, nint blobs, int most, bool isSquared, nint ofSums, nint gradient) => calls.Run(
        () => engine.BlobGradient(problem, blobs, most, isSquared, ofSums, gradient),
        [
            .. Inputs(problem), new(blobs, problem.Pairs * problem.Grid.Voxels * sizeof(int)), new(ofSums, BlobBytes(problem, most)),
            new(gradient, ElementBytes(problem), IsWritten: false),
        ]);

    private static long BlobBytes(ShapeProblem problem, int most) => (3L * problem.Pairs * most + problem.Pairs) * sizeof(double);

    private static IEnumerable<CallMemory> Inputs(ShapeProblem problem)
    {
        var voxels = problem.Samples * problem.Grid.Voxels;
        yield return new(problem.Predictions, ElementBytes(problem));
        yield return new(problem.Labels, voxels * sizeof(int));
        yield return new(problem.Numbers, ElementBytes(problem));
        yield return new(problem.Counted, voxels);
    }

    private static long ElementBytes(ShapeProblem problem) => problem.Samples * (long)problem.Classes * problem.Grid.Voxels * sizeof(float);

    private static long SlopeBytes(ShapeProblem problem) => problem.Pairs * problem.Grid.Voxels * sizeof(float);

    private static CallMemory Values(ShapeProblem problem, nint address) =>
        new(address, (long)problem.Pairs * sizeof(double), IsWritten: false);

    private CallMemory Scratch(ShapeProblem problem, nint address) => new(address, engine.PlaneScratch(problem), IsWritten: false);
}
