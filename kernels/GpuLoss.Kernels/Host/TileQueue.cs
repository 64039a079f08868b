using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>
/// The tiles of one call, claimed one after another by whichever thread is free. Tiles do not depend on the number of threads, and what a
/// thread computes of a tile does not depend on who computed the others: the bits of a result are the same for any team.
/// </summary>
internal sealed class TileQueue(LogitsShape shape)
{
    /// <summary>
    /// Voxels per tile: long enough that claiming costs nothing, short enough that float32 lanes stay accurate and that a few threads share
    /// a 32³ volume.
    /// </summary>
    public const int TileVoxels = 8192;

    private readonly int tilesPerSample = checked((int)((shape.Voxels + TileVoxels - 1) / TileVoxels));
    private int claimed;

    /// <summary>The number of tiles.</summary>
    public int Count => checked(shape.Samples * tilesPerSample);

    /// <summary>Claims the next tile.</summary>
    public bool TryClaim(out int tile)
    {
        tile = Interlocked.Increment(ref claimed) - 1;
        return tile < Count;
    }

    /// <summary>The sample of a tile.</summary>
    public int SampleOf(int tile) => tile / tilesPerSample;

    /// <summary>The first voxel of a tile in its sample.</summary>
    public long FirstVoxelOf(int tile) => (long)(tile % tilesPerSample) * TileVoxels;

    /// <summary>The view of a tile.</summary>
    public unsafe HostTile View(in HostArguments arguments, float* gradient, int tile)
    {
        var sample = SampleOf(tile);
        var voxel = FirstVoxelOf(tile);
        var offset = (long)sample * shape.Classes * shape.Voxels + voxel;
        var labelSize = arguments.LabelType == LabelType.UInt8 ? sizeof(byte) : sizeof(long);
        return new HostTile
        {
            Logits = arguments.Logits + offset,
            Gradient = gradient == null ? null : gradient + offset,
            Labels = (byte*)arguments.Labels + (sample * shape.Voxels + voxel) * labelSize,
            ClassStride = shape.Voxels,
            Voxels = (int)Math.Min(TileVoxels, shape.Voxels - voxel),
            Classes = shape.Classes,
            IgnoreIndex = arguments.IgnoreIndex,
        };
    }
}
