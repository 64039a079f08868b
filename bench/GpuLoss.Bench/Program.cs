using BenchmarkDotNet.Running;
using GpuLoss.Bench;
using GpuLoss.Bench.Distributed;
using GpuLoss.Bench.Gpu;
using GpuLoss.Bench.Host;
using GpuLoss.Bench.Ptx;

const string Usage = """
    host [...]       the losses against torch's own operations on the CPU: a table, Markdown, JSON and a chart (--help)
    gpu [...]        tests, times and checks on a GPU, beside PyTorch: a table, Markdown, JSON and a chart (--help)
    distributed      what a loss over MPI ranks costs beside a local one, and what it sends: a table
    kernels [...]    Reduce and Spread on the CPU (BenchmarkDotNet, whose options follow)
    ptx [...]        every CUDA kernel as PTX, and a table of registers and instructions (--help)
    call [...]       cost and allocations of one small call (BenchmarkDotNet, whose options follow)
    """;

switch (args)
{
    case ["host", .. var options]:
        return HostCommand.Run(options);
    case [Measuring.Verb, .. var question]:
        return Measuring.Answer(question);
    case ["distributed"]:
        return DistributedCommand.Run();
    case [DistributedRank.Verb, .. var what]:
        return DistributedRank.Run(what);
    case ["gpu", .. var options]:
        return GpuCommand.Run(options);
    case [GpuSteps.Verb, .. var step]:
        return GpuSteps.Run(step);
    case ["ptx", .. var options]:
        return PtxCommand.Run(options);
    case ["kernels", .. var options]:
        BenchmarkRunner.Run<KernelBenchmarks>(args: options);
        return 0;
    case ["call", .. var options]:
        BenchmarkRunner.Run<CallBenchmarks>(args: options);
        return 0;
    default:
        Console.Error.WriteLine(Usage);
        return 2;
}
