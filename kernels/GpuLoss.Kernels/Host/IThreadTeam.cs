namespace GpuLoss.Kernels.Host;

/// <summary>The threads that share the tiles of one call.</summary>
internal interface IThreadTeam
{
    /// <summary>The number of threads that may work at the same time.</summary>
    int Size { get; }

    /// <summary>
    /// Runs <paramref name="work"/> on up to <paramref name="threads"/> threads at once, the caller's among them, and returns when every
    /// run has ended. The work divides itself: one run of it is enough to finish everything.
    /// </summary>
    void Run(int threads, Action work);
}

/// <summary>A team from .NET's thread pool.</summary>
/// <param name="size">The number of threads that may work at the same time, 1 or more.</param>
internal sealed class ThreadPoolTeam(int size) : IThreadTeam
{
    /// <inheritdoc/>
    public int Size { get; } = size >= 1
        ? size
        : throw new ArgumentOutOfRangeException(nameof(size), size, "A team has at least one thread.");

    /// <inheritdoc/>
    public void Run(int threads, Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ => work());
    }
}
