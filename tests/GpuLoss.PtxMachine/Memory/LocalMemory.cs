using System.Runtime.CompilerServices;

namespace GpuLoss.PtxMachine;

/// <summary>The local memory of the threads of a warp: a stack for each, of the variables of the functions that are running.</summary>
internal sealed unsafe class LocalMemory
{
    /// <summary>Where the window of local memory lies. No other memory has these addresses.</summary>
    public const ulong Base = 0x0200_0000;

    private readonly int length;
    private readonly byte[] bytes;
    private readonly byte* begin;

    /// <summary>Of each byte the lanes that wrote theirs.</summary>
    private readonly uint[] written;

    public LocalMemory(int length)
    {
        this.length = length;
        bytes = GC.AllocateArray<byte>(Math.Max(1, Frame.Lanes * length), pinned: true);
        begin = (byte*)Unsafe.AsPointer(ref bytes[0]);
        written = new uint[length];
    }

    /// <summary>A function begins: its variables hold nothing.</summary>
    public void Forget(int from, int count) => Array.Clear(written, from, count);

    public byte* At(ulong address, int lane) => begin + (long)lane * length + (long)(address - Base);

    /// <summary>What is wrong with an access; null where nothing is.</summary>
    public string? Access(ulong address, int size, int lane, bool isWrite)
    {
        if (address < Base || address - Base + (ulong)size > (ulong)length)
            return "Access outside of local memory";
        var first = (int)(address - Base);
        for (var at = first; at < first + size; at++)
        {
            if (isWrite)
                written[at] |= 1u << lane;
            else if ((written[at] >> lane & 1) == 0)
                return "Read of local memory that nobody wrote";
        }

        return null;
    }
}
