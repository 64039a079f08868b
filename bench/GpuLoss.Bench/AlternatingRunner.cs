using System.Diagnostics;

namespace GpuLoss.Bench;

/// <summary>
/// Times several ways of doing the same job in turn, round after round, so that a machine that slows down slows all of them down. Quote
/// medians and ratios of medians.
/// </summary>
internal static class AlternatingRunner
{
    private const int WarmUpRounds = 3;

    /// <summary>The median milliseconds of each case.</summary>
    public static double[] Medians(int rounds, params Action[] cases)
    {
        var times = cases.Select(_ => new double[rounds]).ToArray();
        for (var round = -WarmUpRounds; round < rounds; round++)
        {
            for (var i = 0; i < cases.Length; i++)
            {
                var begin = Stopwatch.GetTimestamp();
                cases[i]();
                if (round >= 0)
                    times[i][round] = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
            }
        }

        return [.. times.Select(Median)];
    }

    private static double Median(double[] times)
    {
        Array.Sort(times);
        return times[times.Length / 2];
    }
}
