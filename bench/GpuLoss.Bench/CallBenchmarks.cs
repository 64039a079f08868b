using BenchmarkDotNet.Attributes;
using GpuLoss.Cli.Benchmarking;

namespace GpuLoss.Bench;

/// <summary>What one call costs where the voxels cost next to nothing: time and managed bytes.</summary>
[MemoryDiagnoser]
public class CallBenchmarks : IDisposable
{
    private readonly LossContest contest = new(new LogitsCase(Classes: 4, Side: 8));
    private readonly Action fused;
    private readonly Action crossEntropy;
    private readonly Action empty;

    public CallBenchmarks()
    {
        fused = contest.RunOf(LossContest.Fused);
        crossEntropy = contest.RunOf(LossContest.CrossEntropy);
        empty = contest.RunOf(EmptyFunction.Loss);
    }

    [Benchmark]
    public void DiceCE() => fused();

    [Benchmark]
    public void TorchCrossEntropy() => crossEntropy();

    [Benchmark(Baseline = true)]
    public void EmptyCustomFunction() => empty();

    public void Dispose()
    {
        contest.Dispose();
        GC.SuppressFinalize(this);
    }
}
