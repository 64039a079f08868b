using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Host;

namespace GpuLoss.Cli.Benchmarking;

/// <summary>
/// The arithmetic of a loss without its memory traffic, the counterpart of <see cref="StreamingFloor"/>: every thread runs both kernels
/// over a small volume of its own that stays in its level-2 cache, until all of them together have done as many voxels as the case has.
/// </summary>
internal sealed class CachedArithmetic : IDisposable
{
    /// <summary>Logits and gradient of a thread: half of the smallest level-2 cache of a present server.</summary>
    private const long CachedBytes = 1 << 19;

    /// <summary>A whole number of quads of any register.</summary>
    private const long VoxelStep = 64;

    /// <summary>The most voxels that the host engine hands to a thread at a time.</summary>
    private const long TileVoxels = 8192;

    private static readonly ThreadPoolTeam Alone = new(1);

    private readonly KernelCase[] volumes;
    private readonly long runs;
    private int claimed;

    /// <summary>Prepares volumes for torch's threads.</summary>
    public CachedArithmetic(LogitsCase @case)
    {
        var most = CachedBytes / (2L * @case.Classes * sizeof(float)) / VoxelStep * VoxelStep;
        var voxels = Math.Min(@case.Voxels, Math.Clamp(most, VoxelStep, TileVoxels));
        volumes = [.. Enumerable.Range(0, TorchThreadTeam.Current.Size).Select(_ => new KernelCase(@case.Classes, voxels))];
        runs = (@case.Voxels + voxels * volumes.Length - 1) / (voxels * volumes.Length);
    }

    /// <summary>Both passes over as many voxels as the case has.</summary>
    public void Run()
    {
        claimed = 0;
        TorchThreadTeam.Current.Run(volumes.Length, RunOne);
    }

    public void Dispose()
    {
        foreach (var volume in volumes)
            volume.Dispose();
    }

    private void RunOne()
    {
        // Where the team is smaller than it was, a thread does the work of two.
        for (int i; (i = Interlocked.Increment(ref claimed) - 1) < volumes.Length;)
        {
            for (var run = 0L; run < runs; run++)
            {
                volumes[i].Reduce(Alone);
                volumes[i].Spread(Alone);
            }
        }
    }
}
