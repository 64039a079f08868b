using System.Runtime.CompilerServices;
using GpuLoss.Interop.Cuda;

namespace GpuLoss.Bench.Gpu;

/// <summary>Memory of a GPU, from the driver itself: no torch is needed.</summary>
internal sealed unsafe class DeviceMemory : IDisposable
{
    private readonly CudaDevice device;

    public DeviceMemory(CudaDevice device, long bytes)
    {
        (this.device, Bytes) = (device, bytes);
        using var scope = device.Enter();
        nint address;
        device.Check(device.Driver.MemAlloc(&address, (nint)Math.Max(1, bytes)), $"cuMemAlloc of {bytes} bytes");
        Address = address;
        scope.Leave();
    }

    public nint Address { get; }

    public long Bytes { get; }

    /// <summary>New memory with these values.</summary>
    public static DeviceMemory Of<T>(CudaDevice device, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        var memory = new DeviceMemory(device, (long)values.Length * Unsafe.SizeOf<T>());
        memory.Upload(values);
        return memory;
    }

    /// <summary>Writes values from a byte on, once everything enqueued before is done.</summary>
    public void Upload<T>(ReadOnlySpan<T> values, long offset = 0)
        where T : unmanaged
    {
        using var scope = device.Enter();
        fixed (T* source = values)
            device.Check(device.Driver.MemcpyHtoD(Address + (nint)offset, source, (nint)values.Length * sizeof(T)), "cuMemcpyHtoD");
        scope.Leave();
    }

    /// <summary>Reads values from a byte on, once everything enqueued before is done.</summary>
    public T[] Download<T>(int count, long offset = 0)
        where T : unmanaged
    {
        var values = new T[count];
        using var scope = device.Enter();
        fixed (T* target = values)
            device.Check(device.Driver.MemcpyDtoH(target, Address + (nint)offset, (nint)count * sizeof(T)), "cuMemcpyDtoH");
        scope.Leave();
        return values;
    }

    /// <summary>Enqueues a copy of all of this.</summary>
    public void CopyTo(DeviceMemory other)
    {
        using var scope = device.Enter();
        device.Check(device.Driver.MemcpyDtoDAsync(other.Address, Address, (nint)Bytes, stream: 0), "cuMemcpyDtoDAsync");
        scope.Leave();
    }

    public void Dispose()
    {
        using var scope = device.Enter();
        device.Check(device.Driver.MemFree(Address), "cuMemFree");
        scope.Leave();
    }
}
