using BenchmarkDotNet.Attributes;
using GpuLoss.Cli.Benchmarking;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Bench;

/// <summary>What one call costs where the voxels cost next to nothing: time and managed bytes.</summary>
[MemoryDiagnoser]
public class CallBenchmarks : IDisposable
{
    private readonly Modules.DiceCELoss criterion = nn.DiceCELoss();
    private readonly Tensor logits = torch.randn([1, 4, 8, 8, 8]).requires_grad_(true);
    private readonly Tensor target = torch.randint(4, [1, 8, 8, 8], dtype: torch.ScalarType.Int64);

    [Benchmark]
    public void Forward()
    {
        using var loss = criterion.forward(logits, target);
    }

    [Benchmark]
    public void ForwardAndGradient()
    {
        using var scope = torch.NewDisposeScope();
        torch.autograd.grad([criterion.forward(logits, target)], [logits]);
    }

    [Benchmark(Baseline = true)]
    public void TorchCrossEntropyForwardAndGradient()
    {
        using var scope = torch.NewDisposeScope();
        torch.autograd.grad([Peers.CrossEntropy(logits, target)], [logits]);
    }

    public void Dispose()
    {
        criterion.Dispose();
        logits.Dispose();
        target.Dispose();
        GC.SuppressFinalize(this);
    }
}
