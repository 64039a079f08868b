using System.Runtime.InteropServices;
using GpuLoss.Interop.Torch;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>
/// A few numbers that an engine writes and reads. On a GPU they are a tensor. On the host they are an array: a tensor and its place in the
/// graph would take longer than the loss of a small volume.
/// </summary>
internal readonly struct SmallMemory(double[]? onHost, Tensor? onDevice) : IDisposable
{
    /// <summary>The numbers on the host, or null where there is a tensor.</summary>
    public double[]? OnHost => onHost;

    /// <summary>The tensor, or null.</summary>
    public Tensor? OnDevice => onDevice;

    /// <summary>Memory whose numbers are not set, on a GPU, or are 0.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="isDouble">Whether the numbers are float64 and not float32.</param>
    /// <param name="device">Where it is.</param>
    public static SmallMemory Allocate(ReadOnlySpan<long> shape, bool isDouble, torch.Device device)
    {
        if (device.type != DeviceType.CPU || !isDouble)
            return new(null, torch.empty(
                shape.ToArray(), dtype: isDouble ? torch.ScalarType.Float64 : torch.ScalarType.Float32, device: device));
        var length = 1L;
        foreach (var size in shape)
            length = checked(length * size);
        return new(new double[length], null);
    }

    /// <summary>Keeps the memory in its place.</summary>
    public Pinned Pin() => new(onHost, onDevice);

    /// <summary>Releases the tensor.</summary>
    public void Dispose() => onDevice?.Dispose();

    /// <summary>Memory that stays in its place until this is disposed.</summary>
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
