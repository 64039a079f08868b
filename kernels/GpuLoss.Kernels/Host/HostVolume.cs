using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>One tensor of a call in host memory: where each of its elements lies.</summary>
internal readonly unsafe struct HostVolume
{
    private readonly byte* address;
    private readonly long sampleBytes;
    private readonly long rowVoxels;
    private readonly ImmutableArray<long> sizes;
    private readonly ImmutableArray<long> axes;

    /// <summary>A tensor whose classes are contiguous planes of <paramref name="voxels"/>.</summary>
    public HostVolume(void* address, int elementSize, int classes, long voxels)
    {
        this.address = (byte*)address;
        ElementSize = elementSize;
        ClassBytes = voxels * elementSize;
        VoxelBytes = elementSize;
        sampleBytes = classes * ClassBytes;
        rowVoxels = voxels;
    }

    /// <summary>A tensor of any strides.</summary>
    public HostVolume(void* address, int elementSize, ImmutableArray<long> sizes, TensorStrides strides)
    {
        this.address = (byte*)address;
        this.sizes = sizes;
        rowVoxels = sizes[^1];
        axes = strides.Axes;
        ElementSize = elementSize;
        ClassBytes = strides.Class * elementSize;
        VoxelBytes = strides.Axes[^1] * elementSize;
        sampleBytes = strides.Sample * elementSize;
    }

    /// <summary>Bytes per element.</summary>
    public int ElementSize { get; }

    /// <summary>Bytes from one class to the next.</summary>
    public long ClassBytes { get; }

    /// <summary>Bytes from one voxel to the next within a row, the last axis.</summary>
    public long VoxelBytes { get; }

    /// <summary>The address of a voxel's element of class 0.</summary>
    /// <param name="sample">The sample.</param>
    /// <param name="voxel">The number of the voxel.</param>
    /// <param name="row">How many voxels, from this one on, lie in the same row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public byte* Locate(int sample, long voxel, out long row)
    {
        row = rowVoxels - voxel % rowVoxels;
        if (sizes.IsDefault)
            return address + sample * sampleBytes + voxel * ElementSize;

        var offset = 0L;
        for (var axis = sizes.Length - 1; axis > 0; axis--)
        {
            (voxel, var position) = Math.DivRem(voxel, sizes[axis]);
            offset += position * axes[axis];
        }

        offset += voxel * axes[0];
        return address + sample * sampleBytes + offset * ElementSize;
    }
}
