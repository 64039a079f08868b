using GpuLoss.Cli.Benchmarking;

namespace GpuLoss.Bench.Host;

/// <summary>What a call costs where the voxels cost next to nothing.</summary>
internal static class CallCost
{
    private const int CallsPerRun = 200;

    /// <summary>Time in ms and managed bytes of one call on logits [1, 4, 8, 8, 8].</summary>
    public static IReadOnlyList<Measurement> Measure(int rounds)
    {
        using var contest = new LossContest(new LogitsCase(Classes: 4, Side: 8));
        contest.Check();
        (string, Action)[] contestants =
        [
            (EmptyFunction.Contestant, Repeated(contest.RunOf(EmptyFunction.Loss))),
            .. from name in (string[])[LossContest.Fused, LossContest.CrossEntropy, LossContest.EagerScatter]
               select (name, Repeated(contest.RunOf(name))),
        ];
        return
        [
            .. from run in AlternatingRunner.Run(rounds, contestants)
               select run with
               {
                   MedianMs = run.MedianMs / CallsPerRun,
                   LeastMs = run.LeastMs / CallsPerRun,
                   ManagedBytes = run.ManagedBytes / CallsPerRun,
               },
        ];
    }

    private static Action Repeated(Action call) => () =>
    {
        for (var i = 0; i < CallsPerRun; i++)
            call();
    };
}
