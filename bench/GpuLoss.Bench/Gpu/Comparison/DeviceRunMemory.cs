using GpuLoss.Interop.Cuda;
using GpuLoss.PtxMachine.Tests;

namespace GpuLoss.Bench.Gpu.Comparison;

/// <summary>Memory of a driver's GPU for a run.</summary>
internal sealed class DeviceRunMemory(CudaDevice device) : RunMemory
{
    private readonly Dictionary<nint, (DeviceMemory Memory, int Shift)> blocks = [];

    public override nint New(long bytes, int shift = 0)
    {
        var memory = new DeviceMemory(device, bytes + shift);
        blocks.Add(memory.Address + shift, (memory, shift));
        return memory.Address + shift;
    }

    public override void Write(nint address, ReadOnlySpan<byte> bytes)
    {
        var (memory, shift) = blocks[address];
        memory.Upload(bytes, shift);
    }

    public override void Read(nint address, Span<byte> bytes)
    {
        var (memory, shift) = blocks[address];
        memory.Download<byte>(bytes.Length, shift).CopyTo(bytes);
    }

    public override void Dispose()
    {
        foreach (var (memory, _) in blocks.Values)
            memory.Dispose();
    }
}
