namespace GpuLoss.Kernels.Host;

/// <summary>
/// A number of steps that whichever thread is free claims, one after another. No result depends on who takes which step: each writes what
/// no other step touches.
/// </summary>
internal sealed class SharedLoop
{
    private readonly long count;
    private long claimed;

    private SharedLoop(long count) => this.count = count;

    /// <summary>Runs work that claims steps until there are none, on as many threads of a team as there are steps for.</summary>
    /// <param name="team">The threads.</param>
    /// <param name="count">The number of steps.</param>
    /// <param name="work">Claims steps with <see cref="TryClaim"/>; what it allocates is a thread's own.</param>
    public static void Run(IThreadTeam team, long count, Action<SharedLoop> work)
    {
        var loop = new SharedLoop(count);
        var threads = (int)Math.Min(team.Size, count);
        if (threads > 1)
            team.Run(threads, () => work(loop));
        else if (count > 0)
            work(loop);
    }

    /// <summary>Runs steps that need no memory of their own.</summary>
    public static void ForEach(IThreadTeam team, long count, Action<long> step) => Run(team, count, loop =>
    {
        while (loop.TryClaim(out var one))
            step(one);
    });

    /// <summary>Claims the next step.</summary>
    public bool TryClaim(out long step)
    {
        step = Interlocked.Increment(ref claimed) - 1;
        return step < count;
    }
}
