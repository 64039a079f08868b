using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;

namespace GpuLoss.Kernels.Host;

/// <summary>The element type of the labels, resolved when a kernel is compiled.</summary>
internal unsafe interface IHostLabels
{
    /// <summary>Bytes per label.</summary>
    static abstract int Size { get; }

    /// <summary>The labels of one quad of voxels.</summary>
    static abstract Quad<TLanes> Load<TLanes>(byte* labels, long voxel)
        where TLanes : unmanaged, ILanes<TLanes>;

    /// <summary>One label.</summary>
    static abstract long Read(byte* labels, long voxel);
}

/// <summary>Labels of one byte.</summary>
internal readonly unsafe struct ByteLabels : IHostLabels
{
    public static int Size => sizeof(byte);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> Load<TLanes>(byte* labels, long voxel)
        where TLanes : unmanaged, ILanes<TLanes> => Quad<TLanes>.LoadLabels(labels + voxel);

    public static long Read(byte* labels, long voxel) => labels[voxel];
}

/// <summary>Labels of eight bytes.</summary>
internal readonly unsafe struct LongLabels : IHostLabels
{
    public static int Size => sizeof(long);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> Load<TLanes>(byte* labels, long voxel)
        where TLanes : unmanaged, ILanes<TLanes> => Quad<TLanes>.LoadLabels((long*)labels + voxel);

    public static long Read(byte* labels, long voxel) => ((long*)labels)[voxel];
}

/// <summary>Labels of four bytes: the padded last voxels of a sample, whatever type they came in.</summary>
internal readonly unsafe struct IntLabels : IHostLabels
{
    public static int Size => sizeof(int);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> Load<TLanes>(byte* labels, long voxel)
        where TLanes : unmanaged, ILanes<TLanes> => Quad<TLanes>.Load((float*)labels + voxel);

    public static long Read(byte* labels, long voxel) => ((int*)labels)[voxel];
}
