using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GpuLoss.Interop.Cuda;

/// <summary>
/// The parameters of one launch in the order of the kernel, laid out as ILGPU's PTX declares them: a view is an address and a 64-bit
/// length, everything else is itself, each at a multiple of its alignment. Lives on the stack.
/// </summary>
internal unsafe ref struct KernelArguments
{
    private const int Capacity = 512;
    private const int LargestAlignment = 8;

    private fixed byte bytes[Capacity];

    /// <summary>The bytes used.</summary>
    public int Size { get; private set; }

    /// <summary>Adds a view.</summary>
    [UnscopedRef]
    public ref KernelArguments View(nint address, long length)
    {
        Value(address);
        Value(length);
        return ref this;
    }

    /// <summary>Adds a number or a struct of numbers.</summary>
    [UnscopedRef]
    public ref KernelArguments Value<T>(T value)
        where T : unmanaged
    {
        var alignment = Alignment<T>();
        var offset = (Size + alignment - 1) / alignment * alignment;
        if (offset + sizeof(T) > Capacity)
            throw new InvalidOperationException($"A kernel's arguments take more than {Capacity} bytes.");
        Unsafe.WriteUnaligned(ref bytes[offset], value);
        Size = offset + sizeof(T);
        return ref this;
    }

    /// <summary>Copies the bytes.</summary>
    public readonly void CopyTo(Span<byte> destination)
    {
        for (var i = 0; i < Size; i++)
            destination[i] = bytes[i];
    }

    private static int Alignment<T>()
        where T : unmanaged => Math.Min(LargestAlignment, sizeof(Aligned<T>) - sizeof(T));

    [StructLayout(LayoutKind.Sequential)]
    private struct Aligned<T>
        where T : unmanaged
    {
        public byte Before;
        public T Value;
    }
}
