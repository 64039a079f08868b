using System.Globalization;
using GpuLoss.Interop.Cuda;
using GpuLoss.Kernels.Objective;
using GpuLoss.Kernels.Tests;
using GpuLoss.Kernels.Tests.Device;
using GpuLoss.PtxMachine;
using GpuLoss.PtxMachine.Tests;

namespace GpuLoss.Bench.Gpu.Comparison;

/// <summary>The problems of fused losses that the tests execute on the PTX machine.</summary>
internal static class LossProblems
{
    /// <summary>One block and some, several blocks, and all classes of a team, with and without focal loss.</summary>
    private static readonly (int Classes, int Voxels, LogitsType Type, double Gamma)[] Large =
    [
        (2, 2100, LogitsType.Float32, 0), (14, 300, LogitsType.BFloat16, 0), (35, 260, LogitsType.Float32, 0),
        (150, 200, LogitsType.Float32, 0), (4, 2100, LogitsType.Float16, 2.5),
    ];

    /// <summary>Logits as a trained network has them, and beyond.</summary>
    private static readonly (string Name, Func<bool, int, float> Logit)[] Extremes =
    [
        ("confident", (isOwn, _) => isOwn ? 12 : 0), ("certain", (isOwn, _) => isOwn ? 80 : -80),
        ("certainly wrong", (isOwn, _) => isOwn ? -1e30f : 1e30f),
        ("of every size", (isOwn, v) => (isOwn ? 1 : -1) * MathF.ScaleB(1, v % 250 - 125)),
        ("without a class", (isOwn, v) => !isOwn && v % 3 == 0 ? float.NegativeInfinity : 0),
        ("not a number in one voxel", (_, v) => v == 7 ? float.NaN : 0),
    ];

    /// <summary>All of them.</summary>
    /// <param name="candidates">As in <see cref="KernelCombination.Of"/>.</param>
    public static IEnumerable<ComparedProblem> Of(int candidates) =>
    [
        .. KernelCombination.Of(candidates).Select(one => Loss($"{Plain(one)}", one.Case, one.Shift)),
        .. Large.Select(one => Loss(
            string.Create(CultureInfo.InvariantCulture, $"{one.Type}, C = {one.Classes}, V = {one.Voxels}, focal {one.Gamma}"),
            () => new DeviceCase(new SegmentationCase(2, one.Classes, one.Voxels, focalGamma: one.Gamma), 1, one.Type).Rounded())),
        .. from extreme in Extremes
            from classes in (int[])[2, 4, 14, 35, 150]
            from gamma in (double[])[0, 2]
            select Loss(
                string.Create(CultureInfo.InvariantCulture, $"{extreme.Name}, C = {classes}, focal {gamma}"),
                () => Extreme(classes, gamma, extreme.Logit)),
        .. PlanCombination.All.Select(Plan),
    ];

    private static KernelCombination Plain(KernelCombination one) => one with { Error = ApproximationError.None, Fuses = false };

    private static DeviceCase Extreme(int classes, double gamma, Func<bool, int, float> logit)
    {
        var data = new SegmentationCase(samples: 1, classes, voxels: 512, focalGamma: gamma);
        for (var i = 0; i < data.Logits.Length; i++)
        {
            // Every fourth voxel is as any other: where all are certain, nothing is left of a gradient but errors.
            var (@class, voxel) = (i / data.Voxels, i % data.Voxels);
            data.Logits[i] += voxel % 4 == 1 ? 0 : logit(@class == data.Labels[voxel], voxel);
        }

        return new DeviceCase(data, Width: 1);
    }

    private static ComparedProblem Loss(string name, Func<DeviceCase> make, int shift = 0) => new(name, device =>
    {
        var @case = make();
        var data = @case.Data;
        using var memory = new DeviceRunMemory(device.Device);
        var result = MachineRuns.Run(device.Losses, @case, DiceCEDefinition.LossOf(data), shift, memory);
        return
        [
            Report(device.Losses), .. Statistics(result.Statistics, data.Samples, data.Classes, hasCounts: true),
            new("loss", [result.Value], Closeness.Approximate),

            // Of one class all that is left is the error of p = 1, spread over the voxels.
            Gradient(result.Gradient, @case.Rounding, data.Classes == 1 ? ComparedNumbers.Approximate / data.Labels.Length : 0),
        ];
    });

    private static ComparedProblem Plan(PlanCombination one) => new(
        $"{one with { Error = ApproximationError.None }}", device =>
        {
            var @case = one.Case();
            using var memory = new DeviceRunMemory(device.Device);
            var result = MachineRuns.Run(device.Losses, @case, memory);
            var hasCounts = one.Target is TargetKind.Labels or TargetKind.UInt8 && one.Mask != MaskKind.Float32;
            return
            [
                Report(device.Losses), .. Statistics(result.Statistics, one.Sums * @case.Data.Samples, one.Classes, hasCounts),
                new("value", Doubles(result.Values), Closeness.Approximate), Gradient(result.Gradient, @case.Rounding),
            ];
        });

    /// <summary>What is reported of labels, numbers and weights out of range: its text as numbers.</summary>
    private static ComparedNumbers Report(CudaLossEngine engine)
    {
        var text = "";
        try
        {
            engine.CheckLabels();
        }
        catch (ArgumentException exception)
        {
            text = exception.Message;
        }

        const int Longest = 1000;
        return new("report", [.. text.PadRight(Longest)[..Longest].Select(letter => (double)letter)], Closeness.Bits);
    }

    /// <summary>Sums of the target are counts, unless it or the weights of voxels are numbers; labels out of range always are.</summary>
    private static IEnumerable<ComparedNumbers> Statistics(double[] statistics, int rows, int classes, bool hasCounts)
    {
        var layout = new StatisticsLayout(classes);
        double[] Of(Func<int, IEnumerable<long>> places) => [.. Enumerable.Range(0, rows).SelectMany(places).Select(at => statistics[at])];
        var all = Enumerable.Range(0, classes).ToArray();
        var counts = hasCounts ? Closeness.Bits : Closeness.Approximate;
        yield return new("T", Of(row => all.Select(c => layout.Target(row, c))), counts);
        yield return new("voxels", Of(row => [layout.Voxels(row)]), counts);
        yield return new("invalid labels", Of(row => [layout.InvalidLabels(row)]), Closeness.Bits);
        yield return new("I", Of(row => all.Select(c => layout.Intersection(row, c))), Closeness.Approximate);
        yield return new("P", Of(row => all.Select(c => layout.Prediction(row, c))), Closeness.Approximate);
        yield return new("voxel term", Of(row => [layout.VoxelTerm(row)]), Closeness.Approximate);
    }

    /// <summary>Two numbers that are nearly the same are rounded to neighbours, or to the same.</summary>
    private static ComparedNumbers Gradient(float[] gradient, (double Relative, double Absolute) rounding, double floor = 0) =>
        new("gradient", Doubles(gradient), Closeness.Approximate)
        {
            OfLargest = true,
            Step = (2 * rounding.Relative, 2 * rounding.Absolute),
            Floor = floor + 1e-12,
        };

    private static double[] Doubles(float[] numbers) => Array.ConvertAll(numbers, number => (double)number);
}
