using GpuLoss.Kernels.Host;

namespace GpuLoss.Kernels.Shape;

/// <summary>
/// Scratch memory that goes back to the system when it is freed. glibc keeps freed blocks of up to 32 MB in its heap, where they would add
/// to the tensors that come after the kernel; larger ones it maps by themselves. Pages that are never touched take no memory.
/// </summary>
internal static class MappedMemory
{
    private const long LargestKept = 32L << 20;

    /// <summary>Below this it does not matter.</summary>
    private const long Least = 1L << 20;

    /// <summary>Memory of at least a size.</summary>
    public static ScratchMemory Of(long bytes) => new(bytes < Least ? bytes : Math.Max(bytes, LargestKept + Least));
}
