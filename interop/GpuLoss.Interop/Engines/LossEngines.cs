using GpuLoss.Interop.Cuda;
using TorchSharp;

namespace GpuLoss.Interop.Engines;

/// <summary>Which engine runs where.</summary>
internal static class LossEngines
{
    /// <summary>The engine of CPU tensors, where a test puts another one in the host's place.</summary>
    internal static ILossEngine? InPlaceOfHost { get; set; }

    /// <summary>The engine of a device.</summary>
    /// <exception cref="NotSupportedException">There is none for this kind of device, or no CUDA driver.</exception>
    public static ILossEngine For(torch.Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return device.type switch
        {
            DeviceType.CPU => InPlaceOfHost ?? HostLossEngine.Instance,
            DeviceType.CUDA => CudaLossEngine.For(Math.Max(0, device.index)),
            _ => throw new NotSupportedException($"GpuLoss runs on cpu and cuda tensors; these are on {device}."),
        };
    }
}
