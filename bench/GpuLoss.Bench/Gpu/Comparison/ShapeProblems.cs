using GpuLoss.Interop.Shape;
using GpuLoss.Kernels.Shape;

namespace GpuLoss.Bench.Gpu.Comparison;

/// <summary>
/// The kernels of the losses of shapes, one by one. They take no approximations. Squares of distances are whole numbers where voxels are
/// cubes, and parts are too; everything else may be fused or not.
/// </summary>
internal static class ShapeProblems
{
    private const int Iterations = 3;
    private const int Connectivity = 2;

    private static readonly ShapeInput[] Inputs =
    [
        new([70], []), new([300], [0.3]), new([9, 17], []), new([33, 5], [2.5, 0.4]), new([1, 40], []), new([6, 7, 8], []),
        new([5, 19, 18], [3, 0.7, 1.1]), new([17, 33, 9], []), new([2, 1, 1], []),
    ];

    /// <summary>All of them.</summary>
    public static IEnumerable<ComparedProblem> All => Inputs.SelectMany(input => new ComparedProblem[]
    {
        Of("distances", input, run => Distances(run, isDouble: false)),
        Of("distances, float64", input, run => Distances(run, isDouble: true)),
        Of("signed distances", input, SignedDistances), Of("Hausdorff, squares", input, run => Hausdorff(run, 2)),
        Of("Hausdorff, powers", input, run => Hausdorff(run, 1.5)), Of("skeletons", input, Skeletons), Of("blobs", input, Blobs),
        Of("Lovász", input, run => Lovasz(run, new LovaszForm(PerSample: false, IsHinge: false, PresentOnly: true))),
        Of("Lovász hinge", input, run => Lovasz(run, new LovaszForm(PerSample: true, IsHinge: true, PresentOnly: false))),
    });

    private static ComparedProblem Of(string name, ShapeInput input, Func<ShapeRun, IReadOnlyList<ComparedNumbers>> run) => new(
        $"{name}, {input}", device =>
        {
            using var memory = new DeviceRunMemory(device.Device);
            return run(new ShapeRun(device.Shapes, memory, input));
        });

    private static ComparedNumbers[] Distances(ShapeRun run, bool isDouble)
    {
        var (grid, volumes) = (run.Problem.Grid, run.Input.Marks.Length / run.Problem.Grid.Voxels);
        var distances = run.Memory.New(volumes * grid.Voxels * (isDouble ? sizeof(double) : sizeof(float)));
        run.Engine.Distances(
            grid, volumes, run.Memory.Of(run.Input.Marks), run.Memory.New(run.Engine.DistanceScratch(grid, volumes)), distances, isDouble);
        var numbers = isDouble ? run.Memory.Read<double>(distances, run.Input.Marks.Length) : run.Floats(distances, run.Input.Marks.Length);
        return [new("distance", numbers, run.Input.OfCubes) { Step = isDouble ? default : ShapeRun.StepOfFloat }];
    }

    private static ComparedNumbers[] SignedDistances(ShapeRun run)
    {
        var (maps, scratch) = (run.Slopes(), run.Memory.New(run.Engine.PlaneScratch(run.Problem)));
        run.Engine.SignedDistances(run.Problem, scratch, maps);
        var values = run.Values(run.Problem.Pairs);
        run.Engine.Products(run.Problem, maps, scratch, values);
        return
        [
            new("signed distance", run.SlopesAt(maps), run.Input.OfCubes) { Step = ShapeRun.StepOfFloat },
            new(
                "product", run.Doubles(values, run.Problem.Pairs),
                run.Input.OfCubes == Closeness.Bits ? Closeness.Wide : Closeness.Approximate),
        ];
    }

    private static ComparedNumbers[] Hausdorff(ShapeRun run, double alpha)
    {
        var (slopes, values, gradient) = (run.Slopes(), run.Values(run.Problem.Pairs), run.Gradient());
        run.Engine.Hausdorff(run.Problem, alpha, run.Memory.New(run.Engine.PlaneScratch(run.Problem)), values, slopes);
        run.Engine.Gradient(run.Problem, slopes, run.OfValues(run.Problem.Pairs), run.Problem.Samples, gradient);

        // Distances have been rounded to float32 on the way.
        return
        [
            new("value", run.Doubles(values, run.Problem.Pairs), Closeness.Approximate), ShapeRun.Floating("slope", run.SlopesAt(slopes)),
            ShapeRun.Floating("gradient", run.GradientAt(gradient)),
        ];
    }

    private static ComparedNumbers[] Skeletons(ShapeRun run)
    {
        var count = run.Problem.Pairs * SkeletonKernel.Sums;
        var (sums, gradient) = (run.Values(count), run.Gradient());
        run.Engine.Skeletons(run.Problem, Iterations, run.Memory.New(run.Engine.SkeletonScratch(run.Problem)), sums);
        run.Engine.SkeletonGradient(
            run.Problem, Iterations, run.OfValues(count),
            run.Memory.New(run.Engine.SkeletonGradientScratch(run.Problem, Iterations)), gradient);
        return
        [
            new("sum", run.Doubles(sums, count), Closeness.Approximate), ShapeRun.Floating("gradient", run.GradientAt(gradient)),
        ];
    }

    private static ComparedNumbers[] Blobs(ShapeRun run)
    {
        var (problem, engine, memory, voxels) = (run.Problem, run.Engine, run.Memory, (int)(run.Problem.Pairs * run.Problem.Grid.Voxels));
        var found = memory.New(voxels * (long)sizeof(int));
        engine.Blobs(
            problem, Connectivity, memory.New(engine.ComponentScratch(problem.Grid, problem.Pairs)), found,
            memory.New(problem.Pairs * sizeof(int)));
        var parts = memory.Read<int>(found, voxels);
        var (blobs, sorted, places, most) = BlobOrder.Of(parts, problem.Pairs);
        var count = 3 * problem.Pairs * most + problem.Pairs;
        var (ofVoxels, sums, gradient) = (memory.Of(blobs), run.Values(count), run.Gradient());
        engine.BlobSums(
            problem, ofVoxels, new SortedBlobs(memory.Of(sorted), memory.Of(places)), most, isSquared: true,
            memory.New(engine.BlobScratch(problem, isSquared: true)), sums);
        engine.BlobGradient(problem, ofVoxels, most, isSquared: true, run.OfValues(count), gradient);
        return
        [
            new("part", Array.ConvertAll(parts, part => (double)part), Closeness.Bits),
            new("sum", run.Doubles(sums, count), Closeness.Wide),
            ShapeRun.Floating("gradient", run.GradientAt(gradient)),
        ];
    }

    private static ComparedNumbers[] Lovasz(ShapeRun run, LovaszForm form)
    {
        var (problem, engine, memory) = (run.Problem, run.Engine, run.Memory);
        var (elements, rows) = ((int)engine.LovaszElements(problem, form), form.PerSample ? problem.Samples : 1);
        var count = rows * (problem.Classes - problem.FirstClass);
        var (errors, members) = (memory.New(elements * (long)sizeof(float)), memory.New(elements));
        var (values, counted, slopes) = (run.Values(count), run.Values(count), run.Slopes());
        SortedErrors Sort()
        {
            var (of, inside) = (memory.Read<float>(errors, elements), memory.Read<byte>(members, elements));
            var places = Enumerable.Range(0, elements).OrderByDescending(place => of[place]).Select(place => (long)place).ToArray();
            var (sum, sums) = (0, new int[elements]);
            for (var i = 0; i < elements; i++)
                sums[i] = sum += inside[places[i]];
            return new(memory.Of(places.Select(place => of[place]).ToArray()), memory.Of(places), memory.Of(sums));
        }

        bool[] wanted = [.. Enumerable.Repeat(true, problem.Classes - problem.FirstClass)];
        engine.Lovasz(
            problem, form, wanted, new(errors, members, memory.New(engine.LovaszScratch(problem, form)), Sort), values, counted, slopes);
        return
        [
            new("value", run.Doubles(values, count), Closeness.Wide),
            new("class with a value", run.Doubles(counted, count), Closeness.Bits),
            ShapeRun.Floating("slope", run.SlopesAt(slopes)),
        ];
    }
}
