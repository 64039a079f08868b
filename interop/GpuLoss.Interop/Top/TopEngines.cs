using TorchSharp;

namespace GpuLoss.Interop.Top;

/// <summary>Which engine of the largest values runs where.</summary>
internal static class TopEngines
{
    /// <summary>The engine of CPU tensors, where a test puts another one in the host's place.</summary>
    internal static ITopEngine? InPlaceOfHost { get; set; }

    /// <summary>The engine of a device.</summary>
    /// <exception cref="NotSupportedException">There is none for this kind of device, or no CUDA driver.</exception>
    public static ITopEngine For(torch.Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return device.type switch
        {
            DeviceType.CPU => InPlaceOfHost ?? HostTop.Instance,
            DeviceType.CUDA => CudaTop.For(Math.Max(0, device.index)),
            _ => throw new NotSupportedException($"Top-k losses run on CPU and CUDA tensors; these are on {device}."),
        };
    }
}
