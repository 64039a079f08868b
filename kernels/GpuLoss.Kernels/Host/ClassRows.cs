using System.Runtime.CompilerServices;

namespace GpuLoss.Kernels.Host;

/// <summary>Rows of neighbouring voxels, one per class.</summary>
/// <param name="first">The first voxel of class 0.</param>
/// <param name="classBytes">Bytes from one class to the next.</param>
internal readonly unsafe struct ClassRows(byte* first, nint classBytes)
{
    /// <summary>The first voxel of class 0.</summary>
    public readonly byte* First = first;

    /// <summary>Bytes from one class to the next.</summary>
    public readonly nint ClassBytes = classBytes;

    /// <summary>The first voxel of a class.</summary>
    public byte* this[int @class]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => First + @class * ClassBytes;
    }
}
