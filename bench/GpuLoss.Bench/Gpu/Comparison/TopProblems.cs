using GpuLoss.PtxMachine.Tests.Top;

namespace GpuLoss.Bench.Gpu.Comparison;

/// <summary>The largest of many values: all but the sum of the larger ones is exact.</summary>
internal static class TopProblems
{
    private static readonly (int Length, long Count)[] Sizes = [(1, 1), (10, 3), (4097, 400), (50_003, 5000), (50_003, 50_002)];

    /// <summary>All of them.</summary>
    public static IEnumerable<ComparedProblem> All =>
        from kind in TopValueKinds.Names
        from size in Sizes
        select new ComparedProblem(
            $"the largest {size.Count} of {size.Length}, {kind}", device => Run(device, kind, size.Length, size.Count));

    private static IReadOnlyList<ComparedNumbers> Run(ComparedDevice device, string kind, int length, long count)
    {
        using var memory = new DeviceRunMemory(device.Device);
        var run = TopRun.Of(device.Top, TopValueKinds.Values(kind, length), count, factor: 0.7, gradient: 3, memory);
        return
        [
            new("least and shares", [run.Mean.Least, run.Mean.ByLarger, run.Mean.ByEqual], Closeness.Bits),
            new("mean", [run.Mean.Mean], Closeness.Wide),
            new("value", [run.Value], Closeness.Wide) { Step = (Math.ScaleB(1, -23), Math.ScaleB(1, -149)) },
            new("derivative", Array.ConvertAll(run.Derivatives, derivative => (double)derivative), Closeness.Bits),
        ];
    }
}
