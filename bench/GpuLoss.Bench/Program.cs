using BenchmarkDotNet.Running;
using GpuLoss.Bench;

const string Usage = """
    host          fused losses against torch's own operations, one table in about a minute
    call [...]    cost and allocations of one call (BenchmarkDotNet, whose options follow)
    """;

switch (args)
{
    case ["host"]:
        HostComparison.Run(Path.Combine("bench", "results"));
        return 0;
    case ["call", .. var options]:
        BenchmarkRunner.Run<CallBenchmarks>(args: options);
        return 0;
    default:
        Console.Error.WriteLine(Usage);
        return 2;
}
