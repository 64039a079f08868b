using GpuLoss.Kernels.Host.Simd;

namespace GpuLoss.Kernels.Host;

/// <summary>
/// The last voxels of a tile, fewer than a quad, copied into a quad of their own. The lanes beyond them carry the ignored label, so the
/// kernels need no second version for a remainder.
/// </summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal readonly unsafe struct TileTail<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    private readonly float* logits;
    private readonly int* labels;
    private readonly float* gradient;

    /// <summary>Takes its memory from <paramref name="scratch"/>.</summary>
    public TileTail(ScratchMemory scratch, int classes)
    {
        logits = scratch.Take<float>((long)classes * Quad<TLanes>.Count);
        gradient = scratch.Take<float>((long)classes * Quad<TLanes>.Count);
        labels = scratch.Take<int>(Quad<TLanes>.Count);
    }

    /// <summary>The scratch bytes of a tail.</summary>
    public static long ScratchSize(int classes) =>
        2 * ScratchMemory.SizeOf<float>((long)classes * Quad<TLanes>.Count) + ScratchMemory.SizeOf<int>(Quad<TLanes>.Count);

    /// <summary>Copies the voxels of <paramref name="tile"/> from <paramref name="begin"/> on.</summary>
    public HostTile CopyFrom<TLabels>(in HostTile tile, int begin)
        where TLabels : struct, IHostLabels
    {
        var count = tile.Voxels - begin;
        for (var c = 0; c < tile.Classes; c++)
        {
            var row = new Span<float>(logits + (long)c * Quad<TLanes>.Count, Quad<TLanes>.Count);
            new ReadOnlySpan<float>(tile.Logits + c * tile.ClassStride + begin, count).CopyTo(row);
            row[count..].Clear();
        }

        for (var i = 0; i < Quad<TLanes>.Count; i++)
        {
            var label = i < count ? TLabels.Read(tile.Labels, begin + i) : tile.IgnoreIndex;
            labels[i] = label == (int)label ? (int)label : int.MinValue;
        }

        return tile with
        {
            Logits = logits,
            Labels = (byte*)labels,
            Gradient = gradient,
            ClassStride = Quad<TLanes>.Count,
            Voxels = Quad<TLanes>.Count,
        };
    }

    /// <summary>Copies the gradient back to where the voxels came from.</summary>
    public void CopyGradientTo(in HostTile tile, int begin)
    {
        for (var c = 0; c < tile.Classes; c++)
        {
            new ReadOnlySpan<float>(gradient + (long)c * Quad<TLanes>.Count, tile.Voxels - begin)
                .CopyTo(new Span<float>(tile.Gradient + c * tile.ClassStride + begin, tile.Voxels - begin));
        }
    }
}
