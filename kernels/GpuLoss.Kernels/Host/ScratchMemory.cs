using System.Runtime.InteropServices;

namespace GpuLoss.Kernels.Host;

/// <summary>One worker's scratch memory for the length of one call, handed out in pieces aligned to a cache line.</summary>
internal sealed unsafe class ScratchMemory : IDisposable
{
    private const int Alignment = 64;

    private readonly byte* begin;
    private readonly long size;
    private long used;

    /// <summary>Allocates <paramref name="size"/> bytes.</summary>
    public ScratchMemory(long size)
    {
        this.size = size;
        begin = (byte*)NativeMemory.AlignedAlloc((nuint)size, Alignment);
    }

    /// <summary>The bytes that a piece of <paramref name="count"/> elements takes.</summary>
    public static long SizeOf<T>(long count)
        where T : unmanaged => (count * sizeof(T) + Alignment - 1) / Alignment * Alignment;

    /// <summary>The next piece.</summary>
    public T* Take<T>(long count)
        where T : unmanaged
    {
        var piece = (T*)(begin + used);
        used += SizeOf<T>(count);
        if (used > size)
            throw new InvalidOperationException($"The scratch memory of {size} bytes is too small.");
        return piece;
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose() => NativeMemory.AlignedFree(begin);
}
