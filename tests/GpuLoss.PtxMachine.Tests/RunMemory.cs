using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GpuLoss.PtxMachine.Tests;

/// <summary>The memory of what runs a case, until it is disposed.</summary>
internal abstract class RunMemory : IDisposable
{
    /// <summary>Memory that lies some bytes behind an address that allows wide loads.</summary>
    public abstract nint New(long bytes, int shift = 0);

    /// <summary>Writes bytes.</summary>
    public abstract void Write(nint address, ReadOnlySpan<byte> bytes);

    /// <summary>Reads bytes, once everything enqueued is done.</summary>
    public abstract void Read(nint address, Span<byte> bytes);

    /// <summary>Memory with these values.</summary>
    public nint Of<T>(T[] values, int shift = 0)
        where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(values.AsSpan());
        var address = New(bytes.Length, shift);
        Write(address, bytes);
        return address;
    }

    /// <summary>Reads values.</summary>
    public T[] Read<T>(nint address, int count)
        where T : unmanaged
    {
        var values = new T[count];
        Read(address, MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    public abstract void Dispose();
}

/// <summary>The host's memory, allocated as a device does, at multiples of 256 bytes, and more than a wide load apart.</summary>
internal sealed unsafe class HostMemory : RunMemory
{
    private const int Alignment = 256;
    private const byte Filling = 0xa5;
    private readonly List<nint> blocks = [];

    public override nint New(long bytes, int shift = 0)
    {
        var block = (nint)NativeMemory.AlignedAlloc((nuint)(bytes + shift + Alignment), Alignment);
        Unsafe.InitBlock((void*)block, Filling, checked((uint)(bytes + shift + Alignment)));
        blocks.Add(block);
        return block + shift;
    }

    public override void Write(nint address, ReadOnlySpan<byte> bytes) => bytes.CopyTo(new Span<byte>((void*)address, bytes.Length));

    public override void Read(nint address, Span<byte> bytes) => new ReadOnlySpan<byte>((void*)address, bytes.Length).CopyTo(bytes);

    public override void Dispose()
    {
        foreach (var block in blocks)
            NativeMemory.AlignedFree((void*)block);
    }
}
