using System.Runtime.InteropServices;
using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>
/// What Reduce finds and backward needs again, N · (3·C + 3) doubles in the order of <see cref="StatisticsLayout"/>. On a GPU it is a tensor. On the host
/// it is an array: a tensor and its place in the graph would take longer than the loss of a small volume.
/// </summary>
internal sealed class LossStatistics : IDisposable
{
    private LossStatistics(double[]? onHost, Tensor? onDevice) => (OnHost, OnDevice) = (onHost, onDevice);

    /// <summary>The sums themselves, or null on a GPU.</summary>
    public double[]? OnHost { get; }

    /// <summary>The tensor on a GPU, or null on the host.</summary>
    public Tensor? OnDevice { get; }

    /// <summary>Memory for the statistics of logits of this shape.</summary>
    public static LossStatistics Allocate(LogitsShape shape, torch.Device device)
    {
        var stride = new StatisticsLayout(shape.Classes).Stride;
        return device.type == DeviceType.CPU
            ? new(new double[checked(shape.Samples * stride)], null)
            : new(null, torch.empty([shape.Samples, stride], dtype: torch.ScalarType.Float64, device: device));
    }

    /// <summary>Statistics that come from elsewhere, [sums, N, 3·C + 3] in a row.</summary>
    public static LossStatistics Of(double[] values, torch.Device device) =>
        device.type == DeviceType.CPU ? new(values, null) : new(null, torch.tensor(values, dtype: torch.ScalarType.Float64, device: device));

    /// <summary>A copy on the host, which waits for a GPU.</summary>
    public double[] ToArray()
    {
        if (OnDevice is null)
            return [.. OnHost!];
        using var onHost = OnDevice.cpu();
        return onHost.data<double>().ToArray();
    }

    /// <summary>What backward finds again: the array, or the tensor as libtorch kept it.</summary>
    public static LossStatistics Kept(double[]? onHost, Tensor? onDevice) => new(onHost, onDevice);

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
            return new(null, OnDevice! + others);
        using var row = others.contiguous();
        return new([.. OnHost.Zip(row.data<double>().ToArray(), (own, other) => own + other)], null);
    }

    /// <summary>Keeps the memory in its place.</summary>
    public Pinned Pin() => new(OnHost, OnDevice);

    /// <summary>Releases the tensor.</summary>
    public void Dispose() => OnDevice?.Dispose();

    /// <summary>Statistics that stay in their place until this is disposed.</summary>
    public readonly ref struct Pinned
    {
        private readonly GCHandle handle;

        public Pinned(double[]? onHost, Tensor? onDevice)
        {
            if (onHost is null)
            {
                Address = TensorMemory.AddressOf(onDevice!);
                return;
            }

            handle = GCHandle.Alloc(onHost, GCHandleType.Pinned);
            Address = handle.AddrOfPinnedObject();
        }

        /// <summary>The first double.</summary>
        public nint Address { get; }

        /// <summary>Lets the memory move.</summary>
        public void Dispose()
        {
            if (handle.IsAllocated)
                handle.Free();
        }
    }
}
