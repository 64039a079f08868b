namespace GpuLoss.Kernels.Device;

/// <summary>What a label means that names no class.</summary>
public static class DeviceLabel
{
    /// <summary>The voxel does not exist for the loss.</summary>
    public const int Ignored = -1;

    /// <summary>The label is outside 0..C-1 and not the ignored one: the voxel is left out, and counted.</summary>
    public const int Invalid = -2;
}

/// <summary>An element type of labels in device memory.</summary>
/// <typeparam name="TElement">The element.</typeparam>
public interface IDeviceLabels<TElement>
    where TElement : unmanaged
{
    /// <summary>The label as 64 bits: a shorter comparison could take one label for another.</summary>
    long Widen(TElement element);
}

/// <summary>Labels of one byte.</summary>
public struct DeviceByteLabels : IDeviceLabels<byte>
{
    /// <inheritdoc/>
    public readonly long Widen(byte element) => element;
}

/// <summary>Labels of eight bytes.</summary>
public struct DeviceLongLabels : IDeviceLabels<long>
{
    /// <inheritdoc/>
    public readonly long Widen(long element) => element;
}
