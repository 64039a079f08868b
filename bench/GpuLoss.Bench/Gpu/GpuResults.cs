using GpuLoss.Bench.Gpu.Comparison;
using GpuLoss.Bench.Prediction;

namespace GpuLoss.Bench.Gpu;

/// <summary>Where and when.</summary>
internal sealed record GpuMachine(string Gpu, string Driver, string Processor, string GpuLoss, string DotNet, string Torch, string Date)
{
    public override string ToString() =>
        $"{Gpu}, driver for CUDA {Driver}; {Processor}; GpuLoss {GpuLoss}, .NET {DotNet}, PyTorch {Torch}; {Date}";
}

/// <summary>A step of the proof: its answer, or why there is none.</summary>
/// <param name="Value">The answer.</param>
/// <param name="Failure">Why there is none, or what failed in it.</param>
internal sealed record StepResult<T>(T? Value, string? Failure)
    where T : class;

/// <summary>What one of PyTorch's contestants took; see bench/peers/measure.py.</summary>
internal sealed record PeerTime(
    string Case, string Logits, string Contestant, double? MedianMs, double? LeastMs, long? PeakBytes, string? Failure);

/// <summary>The answer of bench/peers/measure.py.</summary>
internal sealed record PeerTimes(string Torch, string Cuda, string Device, double CopyGigabytesPerSecond, IReadOnlyList<PeerTime> Times);

/// <summary>Everything a run on a GPU showed. A step that was not asked for is null.</summary>
internal sealed record GpuResults(GpuMachine Machine)
{
    /// <summary>All kernels against float64.</summary>
    public StepResult<IReadOnlyList<DeviceTestResult>>? Tests { get; init; }

    /// <summary>What the GPU and the PTX machine left of the same problems.</summary>
    public StepResult<IReadOnlyList<ComparedResult>>? Compared { get; init; }

    /// <summary>TorchSharp's tensors over PyTorch's libtorch.</summary>
    public StepResult<IReadOnlyList<TorchTestResult>>? Torch { get; init; }

    /// <summary>The last lines of <c>gpuloss train --device cuda</c>.</summary>
    public StepResult<string>? Training { get; init; }

    /// <summary>The library's times between events.</summary>
    public StepResult<GpuTimesResult>? Times { get; init; }

    /// <summary>Those times beside what was predicted for this GPU; empty where nothing was.</summary>
    public IReadOnlyList<ComparedTime>? Predicted { get; init; }

    /// <summary>BenchmarkDotNet's means until the GPU is done, in ms by case.</summary>
    public StepResult<IReadOnlyDictionary<string, double>>? HostTimes { get; init; }

    /// <summary>PyTorch's times.</summary>
    public StepResult<PeerTimes>? Peers { get; init; }

    /// <summary>What compute-sanitizer says, by tool.</summary>
    public IReadOnlyDictionary<string, string>? Sanitizer { get; init; }

    /// <summary>The steps that failed, in a line each.</summary>
    public IEnumerable<string> Failures()
    {
        (string Name, string? Failure)[] steps =
        [
            ("tests", Tests?.Failure), ("machine", Compared?.Failure), ("torch", Torch?.Failure), ("train", Training?.Failure),
            ("times", Times?.Failure), ("host-times", HostTimes?.Failure), ("peers", Peers?.Failure),
            .. Sanitizer?.Select(tool => (tool.Key, tool.Value == ComputeSanitizer.Clean ? null : tool.Value)) ?? [],
        ];
        return steps.Where(step => step.Failure != null).Select(step => $"{step.Name}: {step.Failure}");
    }
}
