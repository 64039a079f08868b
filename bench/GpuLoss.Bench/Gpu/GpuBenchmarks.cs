using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using GpuLoss.Cli.Benchmarking;
using GpuLoss.Interop.Cuda;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Bench.Gpu;

/// <summary>
/// A loss and its gradient as the host sees them: until the GPU is done. BenchmarkDotNet's usual toolchain builds a project for every
/// benchmark; where there is no SDK it runs them in this process.
/// </summary>
public unsafe class GpuBenchmarks : IDisposable
{
    private CudaDevice device = null!;
    private LossOnDevice loss = null!;

    public static IEnumerable<string> Cases => ["4x32", "4x64", "4x128", "4x256"];

    /// <summary>C, and the side of the cube.</summary>
    [ParamsSource(nameof(Cases))]
    public string Case { get; set; } = "";

    [GlobalSetup]
    public void Allocate()
    {
        device = CudaDevice.For(0);
        loss = GpuTimes.OnDevice(device, CudaLossEngine.For(0), LogitsCase.Parse(Case)!, LogitsType.Float32);
    }

    [Benchmark]
    public void ForwardAndBackward()
    {
        loss.ForwardAndBackward();
        using var scope = device.Enter();
        device.Check(device.Driver.CtxSynchronize(), "cuCtxSynchronize");
        scope.Leave();
    }

    [GlobalCleanup]
    public void Dispose()
    {
        loss?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Runs them, with BenchmarkDotNet's own files in a folder.</summary>
    /// <returns>Case and mean in ms.</returns>
    internal static IReadOnlyDictionary<string, double> Run(string folder)
    {
        var config = ManualConfig.CreateMinimumViable()
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .WithArtifactsPath(folder);
        Summary summary = BenchmarkRunner.Run<GpuBenchmarks>(config);
        var means = summary.Reports.Where(report => report.ResultStatistics != null).ToDictionary(
            report => (string)report.BenchmarkCase.Parameters[nameof(Case)], report => report.ResultStatistics!.Mean / 1e6);
        return new OrderedDictionary<string, double>(Cases.Where(means.ContainsKey).Select(name => KeyValuePair.Create(name, means[name])));
    }
}
