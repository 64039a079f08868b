using GpuLoss.Cli.Comparing;
using Spectre.Console;

namespace GpuLoss.Cli.Tests.Comparing;

/// <summary>What is said of the time left, and when a budget is over.</summary>
public class BudgetClockTests
{
    private readonly StoppedTime time = new();

    /// <summary>It is the run under way which says; what was before it, as the timing of steps, is no part of it.</summary>
    [Fact]
    public void The_first_run_is_measured_by_itself()
    {
        var clock = new BudgetClock(TimeSpan.FromMinutes(10), time);
        time.Pass(30);
        clock.BeginRun();
        time.Pass(5);
        Assert.Equal(new TimeLeft(TimeSpan.FromSeconds(15 + 2 * 20), false), clock.Expect(done: 0.25, after: 2));
    }

    [Fact]
    public void Later_runs_take_as_long_as_the_finished_ones_in_the_mean()
    {
        var clock = new BudgetClock(TimeSpan.FromMinutes(10), time);
        Finish(clock, 20);
        Finish(clock, 40);
        clock.BeginRun();
        time.Pass(1);
        Assert.Equal(new TimeLeft(TimeSpan.FromSeconds(27 + 60), false), clock.Expect(done: 0.1, after: 2));
        Assert.Equal(new TimeLeft(TimeSpan.Zero, false), clock.Expect(done: 1, after: 0));
    }

    /// <summary>Nine runs of 30 s were asked for, in 100 s: what was shown before was 4:00.</summary>
    [Fact]
    public void No_more_is_promised_than_the_budget_leaves()
    {
        var clock = new BudgetClock(TimeSpan.FromSeconds(100), time);
        Finish(clock, 30);
        clock.BeginRun();
        time.Pass(15);
        Assert.Equal(new TimeLeft(TimeSpan.FromSeconds(55), true), clock.Expect(done: 0.5, after: 7));
        time.Pass(15);
        clock.EndRun();
        Finish(clock, 30);
        Assert.True(clock.IsOver);
    }

    /// <summary>A run under way comes to its end, whatever the budget says.</summary>
    [Fact]
    public void The_rest_of_a_run_is_never_left_out()
    {
        var clock = new BudgetClock(TimeSpan.FromSeconds(40), time);
        Finish(clock, 30);
        clock.BeginRun();
        time.Pass(9);
        Assert.Equal(new TimeLeft(TimeSpan.FromSeconds(21), true), clock.Expect(done: 0.3, after: 1));
        Assert.Equal(new TimeLeft(TimeSpan.FromSeconds(21), false), clock.Expect(done: 0.3, after: 0));
    }

    /// <summary>A tenth of the budget may be exceeded, and no more; the longest run counts, and the first is always made.</summary>
    [Theory]
    [InlineData(40, 30, false)] // 70 + 40 of 100
    [InlineData(41, 30, true)]
    [InlineData(200, 0, true)]
    public void A_budget_is_over_where_another_run_would_exceed_it_by_a_tenth(double first, double second, bool over)
    {
        var clock = new BudgetClock(TimeSpan.FromSeconds(100), time);
        Assert.False(clock.IsOver);
        Finish(clock, first);
        if (second > 0)
            Finish(clock, second);
        Assert.Equal(over, clock.IsOver);
        Assert.Equal(TimeSpan.FromSeconds(Math.Max(0, 100 - first - second)), clock.Left);
    }

    [Fact]
    public void Without_a_budget_all_runs_are_promised()
    {
        var clock = new BudgetClock(TimeSpan.MaxValue, time);
        Finish(clock, 3600);
        clock.BeginRun();
        Assert.Equal(new TimeLeft(TimeSpan.FromHours(99.5), false), clock.Expect(done: 0.5, after: 99));
        Assert.False(clock.IsOver);
    }

    [Fact]
    public void The_display_says_how_long_and_that_the_budget_ends_it()
    {
        var text = new StringWriter();
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(text), Interactive = InteractionSupport.No });
        console.Profile.Width = 200;
        var display = new ComparisonDisplay(console, live: null, runs: 9, finished: 0, ["background", "a"]);
        display.Step("ce", 1, 7, 0.1, null, new TimeLeft(TimeSpan.FromSeconds(3725), false));
        display.Step("ce", 1, 14, 0.2, [1, 0.5], new TimeLeft(TimeSpan.FromSeconds(55), true));
        Assert.Equal(
            [
                "ce, seed 1, step 7    1:02:05 left",
                "ce, seed 1, step 14  Dice a 0.50  0:00:55 left, and the budget ends it before all runs",
            ],
            text.ToString().TrimEnd().Split('\n').Select(line => line.TrimEnd()));
    }

    private void Finish(BudgetClock clock, double seconds)
    {
        clock.BeginRun();
        time.Pass(seconds);
        clock.EndRun();
    }

    /// <summary>A clock that goes on only where it is told to.</summary>
    private sealed class StoppedTime : TimeProvider
    {
        private long ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Pass(double seconds) => ticks += TimeSpan.FromSeconds(seconds).Ticks;

        public override long GetTimestamp() => ticks;
    }
}
