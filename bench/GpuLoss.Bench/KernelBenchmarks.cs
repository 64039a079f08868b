using BenchmarkDotNet.Attributes;
using GpuLoss.Bench.Host;
using GpuLoss.Cli.Benchmarking;
using GpuLoss.Interop.Torch;

namespace GpuLoss.Bench;

/// <summary>Reduce and Spread of Dice + cross-entropy by themselves, on torch's threads.</summary>
[MemoryDiagnoser]
public class KernelBenchmarks : IDisposable
{
    private KernelCase kernels = null!;

    public static IEnumerable<string> Cases => HostCommand.Cases.Select(@case => @case.ToString());

    /// <summary>C, and the side of the cube.</summary>
    [ParamsSource(nameof(Cases))]
    public string Case { get; set; } = "";

    [GlobalSetup]
    public void Allocate()
    {
        var @case = LogitsCase.Parse(Case)!;
        kernels = new KernelCase(@case.Classes, @case.Voxels);
    }

    [Benchmark]
    public void Reduce() => kernels.Reduce(TorchThreadTeam.Current);

    [Benchmark]
    public void Spread() => kernels.Spread(TorchThreadTeam.Current);

    [GlobalCleanup]
    public void Dispose()
    {
        kernels?.Dispose();
        GC.SuppressFinalize(this);
    }
}
