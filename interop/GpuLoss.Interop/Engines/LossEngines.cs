using TorchSharp;

namespace GpuLoss.Interop.Engines;

/// <summary>Which engine runs where.</summary>
public static class LossEngines
{
    /// <summary>The engine of a device.</summary>
    /// <exception cref="NotSupportedException">There is none for this kind of device.</exception>
    public static ILossEngine For(torch.Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return device.type switch
        {
            DeviceType.CPU => HostLossEngine.Instance,
            _ => throw new NotSupportedException($"GpuLoss runs on cpu and cuda tensors; these are on {device}."),
        };
    }
}
