using System.Diagnostics;

namespace GpuLoss.Cli.Benchmarking;

/// <summary>What one contestant took.</summary>
/// <param name="Contestant">Its name.</param>
/// <param name="MedianMs">The median of its times.</param>
/// <param name="LeastMs">The shortest of its times.</param>
/// <param name="LowerQuartileMs">The time below which a quarter of its times are.</param>
/// <param name="UpperQuartileMs">The time above which a quarter of its times are.</param>
/// <param name="ManagedBytes">The median of the managed bytes that the calling thread allocated in a run.</param>
internal sealed record Measurement(
    string Contestant, double MedianMs, double LeastMs, double LowerQuartileMs, double UpperQuartileMs, long ManagedBytes);

/// <summary>
/// Times several ways of doing a job in turn, round after round, so that a machine that slows down slows all of them down. Every round
/// has an order of its own, so that nobody always runs on the caches and the heap that the same neighbour left. Quote medians and their
/// ratios.
/// </summary>
internal static class AlternatingRunner
{
    private const int WarmUpRounds = 2;

    /// <summary>Runs every contestant once a round.</summary>
    public static IReadOnlyList<Measurement> Run(int rounds, IReadOnlyList<(string Name, Action Run)> contestants)
    {
        var times = contestants.Select(_ => new double[rounds]).ToArray();
        var bytes = contestants.Select(_ => new long[rounds]).ToArray();
        var order = Enumerable.Range(0, contestants.Count).ToArray();
        var random = new Random(1);
        for (var round = -WarmUpRounds; round < rounds; round++)
        {
            random.Shuffle(order);
            foreach (var i in order)
            {
                var run = contestants[i].Run;
                var allocated = GC.GetAllocatedBytesForCurrentThread();
                var begin = Stopwatch.GetTimestamp();
                run();
                var time = Stopwatch.GetElapsedTime(begin);
                if (round < 0)
                    continue;
                times[i][round] = time.TotalMilliseconds;
                bytes[i][round] = GC.GetAllocatedBytesForCurrentThread() - allocated;
            }
        }

        return [.. contestants.Select((contestant, i) =>
            new Measurement(contestant.Name, Median(times[i]), times[i][0], Quartile(times[i], 1), Quartile(times[i], 3),
                Median(bytes[i])))];
    }

    /// <summary>The first or third quartile of sorted values, by nearest rank.</summary>
    private static double Quartile(double[] sorted, int quarters) => sorted[(int)Math.Round(quarters * (sorted.Length - 1) / 4.0)];

    private static T Median<T>(T[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }
}
