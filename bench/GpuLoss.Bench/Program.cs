using BenchmarkDotNet.Running;
using GpuLoss.Bench;

const string Usage = """
    host [...]    fused losses against torch's own operations on the CPU: tables, JSON and a chart (--help for its options)
    call [...]    cost and allocations of one call (BenchmarkDotNet, whose options follow)
    """;

switch (args)
{
    case ["host", .. var options]:
        return HostCommand.Run(options);
    case [Measuring.Verb, .. var question]:
        return Measuring.Answer(question);
    case ["call", .. var options]:
        BenchmarkRunner.Run<CallBenchmarks>(args: options);
        return 0;
    default:
        Console.Error.WriteLine(Usage);
        return 2;
}
