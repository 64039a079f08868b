using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>Some neighbouring voxels of one sample.</summary>
/// <param name="Sample">The sample.</param>
/// <param name="Voxel">The first voxel.</param>
/// <param name="Count">Their number.</param>
internal readonly record struct VoxelRange(int Sample, long Voxel, int Count);

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

    /// <summary>Runs work that claims tiles until there are none, on as many threads of a team as there are tiles for.</summary>
    public void RunOn(IThreadTeam team, Action work)
    {
        var threads = Math.Min(team.Size, Count);
        if (threads <= 1)
            work();
        else
            team.Run(threads, work);
    }

    /// <summary>The sample of a tile.</summary>
    public int SampleOf(int tile) => tile / tilesPerSample;

    /// <summary>A tile in pieces of at most <paramref name="voxels"/>.</summary>
    public Pieces PiecesOf(int tile, int voxels)
    {
        var first = (long)(tile % tilesPerSample) * TileVoxels;
        return new Pieces(SampleOf(tile), first, Math.Min(first + TileVoxels, shape.Voxels), voxels);
    }

    /// <summary>The pieces of a tile, in order; enumerated without an allocation.</summary>
    public struct Pieces(int sample, long first, long end, int voxels)
    {
        private long next = first;

        /// <summary>The piece at hand.</summary>
        public VoxelRange Current { get; private set; }

        /// <summary>Goes on to the next piece.</summary>
        public bool MoveNext()
        {
            if (next >= end)
                return false;
            Current = new VoxelRange(sample, next, (int)Math.Min(voxels, end - next));
            next += Current.Count;
            return true;
        }

        /// <summary>The pieces themselves.</summary>
        public readonly Pieces GetEnumerator() => this;
    }
}
