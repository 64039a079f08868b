using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>
/// One worker's block of neighbouring voxels: rows in scratch memory that stays in the caches while the kernels go over it several times. Logits and
/// gradient are used where they are, if their rows are contiguous lanes and end with a whole quad; else they go through the block's own rows.
/// </summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal readonly unsafe struct VoxelBlock<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    private const int MostVoxels = 256;
    private const int RowsBytes = 32 << 10;

    private readonly ClassRows halves;

    /// <summary>The labels.</summary>
    public readonly LabelBlock<TLanes> Labels;

    /// <summary>A row per class: exp(x - largest x of the voxel), later p, later the gradient where it has no place of its own.</summary>
    public readonly ClassRows Rows;

    /// <summary>A row per class: dL/dp, in Spread.</summary>
    public readonly ClassRows Slopes;

    /// <summary>1 / Σ exp of each voxel; 0 where it does not count.</summary>
    public readonly byte* Scale;

    /// <summary>The cross-entropy of each voxel to the base 2, where it is asked for.</summary>
    public readonly byte* CrossEntropy;

    /// <summary>The number of classes.</summary>
    public readonly int Classes;

    /// <summary>Takes its memory from <paramref name="scratch"/>.</summary>
    public VoxelBlock(ScratchMemory scratch, int classes)
    {
        Classes = classes;
        var voxels = VoxelsFor(classes);
        Labels = new LabelBlock<TLanes>(scratch, voxels);
        Rows = new ClassRows(scratch.Take<byte>((long)classes * voxels * TLanes.ScalarSize), (nint)voxels * TLanes.ScalarSize);
        Slopes = new ClassRows(scratch.Take<byte>((long)classes * voxels * TLanes.ScalarSize), (nint)voxels * TLanes.ScalarSize);
        halves = new ClassRows(scratch.Take<byte>((long)classes * voxels * sizeof(ushort)), (nint)voxels * sizeof(ushort));
        Scale = scratch.Take<byte>((long)voxels * TLanes.ScalarSize);
        CrossEntropy = scratch.Take<byte>((long)voxels * TLanes.ScalarSize);
    }

    /// <summary>
    /// The voxels of a block: as many as keep the rows in the level-1 cache beside what streams through it, but no fewer than a quad.
    /// </summary>
    public static int VoxelsFor(int classes)
    {
        var voxels = MostVoxels;
        while (voxels > Quad<TLanes>.Count && voxels * classes * TLanes.ScalarSize > RowsBytes)
            voxels /= 2;
        return voxels;
    }

    /// <summary>The scratch bytes of a block.</summary>
    public static long ScratchSize(int classes)
    {
        var voxels = VoxelsFor(classes);
        return LabelBlock<TLanes>.ScratchSize(voxels) + 2 * ScratchMemory.SizeOf<byte>((long)classes * voxels * TLanes.ScalarSize)
            + ScratchMemory.SizeOf<byte>((long)classes * voxels * sizeof(ushort))
            + 2 * ScratchMemory.SizeOf<byte>((long)voxels * TLanes.ScalarSize);
    }

    /// <summary>The voxels from <paramref name="count"/> up to a whole number of quads.</summary>
    public static int Padded(int count) => (count + Quad<TLanes>.Count - 1) / Quad<TLanes>.Count * Quad<TLanes>.Count;

    /// <summary>Brings the logits of some voxels into reach: where they are, or in <see cref="Rows"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public ClassRows Logits(LogitsType type, in HostVolume logits, int sample, long voxel, int count)
    {
        var inPlace = InPlace(logits, sample, voxel, count, out var isRow);
        var padded = Padded(count);
        if (IsLanes(logits))
        {
            if (isRow && padded == count)
                return inPlace;
            StridedCopy.Gather(logits, sample, voxel, count, Classes, Rows);
        }
        else
        {
            var source = isRow ? inPlace : halves;
            if (!isRow)
                StridedCopy.Gather(logits, sample, voxel, count, Classes, halves);
            for (var c = 0; c < Classes; c++)
                HalfConversion.Widen(type, source[c], (float*)Rows[c], count);
        }

        for (var c = 0; c < Classes; c++)
            new Span<byte>(Rows[c] + count * TLanes.ScalarSize, (padded - count) * TLanes.ScalarSize).Clear();
        return Rows;
    }

    /// <summary>Where a kernel may write the gradient of some voxels: in its place, or in <see cref="Rows"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public ClassRows Gradient(in HostVolume gradient, int sample, long voxel, int count)
    {
        var inPlace = InPlace(gradient, sample, voxel, count, out var isRow);
        return IsLanes(gradient) && isRow && Padded(count) == count ? inPlace : Rows;
    }

    /// <summary>Takes a gradient that was written to <see cref="Rows"/> to its place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void StoreGradient(LogitsType type, in HostVolume gradient, int sample, long voxel, int count)
    {
        if (IsLanes(gradient))
        {
            StridedCopy.Scatter(gradient, sample, voxel, count, Classes, Rows);
            return;
        }

        var inPlace = InPlace(gradient, sample, voxel, count, out var isRow);
        var destination = isRow ? inPlace : halves;
        for (var c = 0; c < Classes; c++)
            HalfConversion.Narrow(type, (float*)Rows[c], destination[c], count);
        if (!isRow)
            StridedCopy.Scatter(gradient, sample, voxel, count, Classes, halves);
    }

    private static bool IsLanes(in HostVolume volume) => volume.ElementSize == TLanes.ScalarSize;

    private static ClassRows InPlace(in HostVolume volume, int sample, long voxel, int count, out bool isRow)
    {
        var first = volume.Locate(sample, voxel, out var row);
        isRow = volume.VoxelBytes == volume.ElementSize && row >= count;
        return new ClassRows(first, (nint)volume.ClassBytes);
    }
}
