using GpuLoss.Kernels.Host;

namespace GpuLoss.Kernels.Shape;

/// <summary>Voxels of a volume in pieces that do not depend on the number of threads, so that sums do not either.</summary>
internal static class VoxelChunks
{
    private const int Size = 16384;

    /// <summary>Does something with every piece.</summary>
    /// <param name="team">The threads.</param>
    /// <param name="voxels">Their number.</param>
    /// <param name="body">Gets the first voxel of a piece, and the end.</param>
    public static void ForEach(IThreadTeam team, long voxels, Action<long, long> body) =>
        SharedLoop.ForEach(team, Count(voxels), chunk => body(chunk * Size, Math.Min(voxels, (chunk + 1) * Size)));

    /// <summary>Adds up what every piece gives, in their order.</summary>
    public static double Sum(IThreadTeam team, long voxels, Func<long, long, double> part)
    {
        var parts = new double[Count(voxels)];
        SharedLoop.ForEach(team, parts.Length, chunk => parts[chunk] = part(chunk * Size, Math.Min(voxels, (chunk + 1) * Size)));
        return parts.Sum();
    }

    private static long Count(long voxels) => (voxels + Size - 1) / Size;
}
