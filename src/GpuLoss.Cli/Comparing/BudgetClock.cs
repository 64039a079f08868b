namespace GpuLoss.Cli.Comparing;

/// <summary>Watches the budget of a comparison while its runs are made, one after another.</summary>
/// <param name="budget">The time for everything, from now on.</param>
/// <param name="time">Tells the time.</param>
internal sealed class BudgetClock(TimeSpan budget, TimeProvider time)
{
    /// <summary>The part of the budget that the last run may exceed it by, rather than be left out.</summary>
    private const double Overrun = 0.1;

    private readonly long begin = time.GetTimestamp();
    private long runBegin;
    private TimeSpan total;
    private int finished;

    /// <summary>The longest of the runs.</summary>
    public TimeSpan Slowest { get; private set; }

    /// <summary>What is left of the budget, nothing where it is exceeded.</summary>
    public TimeSpan Left => Longer(TimeSpan.Zero, budget - time.GetElapsedTime(begin));

    /// <summary>Whether another run would exceed the budget by too much. Before the first is finished that is not known.</summary>
    public bool IsOver => finished > 0
        && (Slowest + time.GetElapsedTime(begin) - budget).TotalSeconds > Overrun * budget.TotalSeconds;

    /// <summary>A run begins.</summary>
    public void BeginRun() => runBegin = time.GetTimestamp();

    /// <summary>It is finished.</summary>
    public void EndRun()
    {
        var run = time.GetElapsedTime(runBegin);
        (total, finished, Slowest) = (total + run, finished + 1, Longer(Slowest, run));
    }

    /// <summary>
    /// How long it will take yet: the rest of the run under way, and as much of the runs after it as the budget leaves time for. A run
    /// takes as long as the finished ones did in the mean; the first, as long as its part that is done says.
    /// </summary>
    /// <param name="done">Which part of the run under way is done, more than 0.</param>
    /// <param name="after">How many runs come after it.</param>
    public TimeLeft Expect(double done, int after)
    {
        var run = finished > 0 ? total / finished : time.GetElapsedTime(runBegin) / done;
        var (rest, all) = (run * (1 - done), run * (after + 1 - done));
        var bounded = all < Left ? all : Longer(rest, Left);
        return new TimeLeft(bounded, (all - Left).TotalSeconds > Overrun * budget.TotalSeconds && after > 0);
    }

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;
}

/// <summary>How long a comparison will take yet.</summary>
/// <param name="Time">The time.</param>
/// <param name="IsCutShort">Whether the budget will have ended it then, before all runs are made.</param>
internal readonly record struct TimeLeft(TimeSpan Time, bool IsCutShort);
