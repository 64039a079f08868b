using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>What Reduce finds and backward needs again, N · (3·C + 3) doubles in the order of <see cref="StatisticsLayout"/>.</summary>
internal sealed class LossStatistics : IDisposable
{
    private readonly SmallMemory memory;

    private LossStatistics(SmallMemory memory) => this.memory = memory;

    /// <summary>The sums themselves, or null on a GPU.</summary>
    public double[]? OnHost => memory.OnHost;

    /// <summary>The tensor on a GPU, or null on the host.</summary>
    public Tensor? OnDevice => memory.OnDevice;

    /// <summary>Memory for the statistics of logits of this shape.</summary>
    public static LossStatistics Allocate(LogitsShape shape, torch.Device device) =>
        new(SmallMemory.Allocate([shape.Samples, new StatisticsLayout(shape.Classes).Stride], isDouble: true, device));

    /// <summary>Statistics that come from elsewhere, [sums, N, 3·C + 3] in a row.</summary>
    public static LossStatistics Of(double[] values, torch.Device device) =>
        new(device.type == DeviceType.CPU
            ? new SmallMemory(values, onDevice: null)
            : new SmallMemory(onHost: null, torch.tensor(values, dtype: torch.ScalarType.Float64, device: device)));

    /// <summary>A copy on the host, which waits for a GPU.</summary>
    public double[] ToArray()
    {
        if (OnDevice is null)
            return [.. OnHost!];
        using var onHost = OnDevice.cpu();
        return onHost.data<double>().ToArray();
    }

    /// <summary>The statistics without the count of invalid labels, as a tensor of its own: float64 [N, 3·C + 2].</summary>
    public Tensor Clone(LogitsShape shape)
    {
        var stride = new StatisticsLayout(shape.Classes).Stride;
        using var flat = OnDevice is null ? torch.tensor(OnHost!) : OnDevice.alias();
        using var all = flat.reshape(shape.Samples, stride);
        using var part = all.narrow(1, 0, stride - 1);
        return part.clone();
    }

    /// <summary>These statistics and others, float64 [N, 3·C + 3] on the same device.</summary>
    public LossStatistics Plus(Tensor others)
    {
        if (OnHost is null)
            return new(new SmallMemory(onHost: null, OnDevice! + others));
        using var row = others.contiguous();
        return new(new SmallMemory([.. OnHost.Zip(row.data<double>().ToArray(), (own, other) => own + other)], onDevice: null));
    }

    /// <summary>Keeps the memory in its place.</summary>
    public SmallMemory.Pinned Pin() => memory.Pin();

    /// <summary>Releases the tensor.</summary>
    public void Dispose() => memory.Dispose();
}
