using TorchSharp;

namespace GpuLoss.Interop.Shape;

/// <summary>Which engine of the losses of shapes runs where.</summary>
internal static class ShapeEngines
{
    /// <summary>The engine of CPU tensors, where a test puts another one in the host's place.</summary>
    internal static IShapeEngine? InPlaceOfHost { get; set; }

    /// <summary>The engine of a device.</summary>
    /// <exception cref="NotSupportedException">There is none for this kind of device, or no CUDA driver.</exception>
    public static IShapeEngine For(torch.Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return device.type switch
        {
            DeviceType.CPU => InPlaceOfHost ?? HostShapes.Instance,
            DeviceType.CUDA => CudaShapes.For(Math.Max(0, device.index)),
            _ => throw new NotSupportedException($"The losses of shapes run on CPU and CUDA tensors; these are on {device}."),
        };
    }
}
