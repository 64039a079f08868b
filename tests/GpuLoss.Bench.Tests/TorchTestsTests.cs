using GpuLoss.Bench.Gpu;
using TorchSharp;

namespace GpuLoss.Bench.Tests;

/// <summary>The GPU program's checks of torch's tensors pass on the host. They count the tensors of the process, so they run
/// alone.</summary>
[Collection(nameof(TorchTestsTests))]
[CollectionDefinition(nameof(TorchTestsTests), DisableParallelization = true)]
public sealed class TorchTestsTests
{
    [Fact]
    public void Torchs_tensors_pass_on_the_host()
    {
        var results = TorchTests.Run(DeviceType.CPU);
        Assert.Equal(20, results.Count);
        Assert.All(results, result => Assert.Null(result.Failure));
    }
}
