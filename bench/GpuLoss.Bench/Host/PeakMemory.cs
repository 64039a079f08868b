using System.Globalization;
using System.Runtime.InteropServices;
using GpuLoss.Cli.Benchmarking;

namespace GpuLoss.Bench.Host;

/// <summary>How much memory one run of a contestant takes, from what Linux tells about the process.</summary>
internal static partial class PeakMemory
{
    private const string Status = "/proc/self/status";

    /// <summary>Written to clear_refs, it sets the peak back to the memory in use.</summary>
    private const string ResetPeak = "5";

    /// <summary>
    /// The peak of the process during one run over what it held before: inputs, libraries, compiled code. A first run on a small volume
    /// has loaded and compiled what there is to load, and freed blocks are given back, so that the run cannot hide in them.
    /// </summary>
    public static long OfOneRun(LogitsCase @case, string contestant)
    {
        LossContest.WarmUp([contestant]);
        using var contest = new LossContest(@case);
        return Of(contest.RunOf(contestant));
    }

    /// <summary>The same of a loss of shapes.</summary>
    public static long OfShapes(LogitsCase @case, string contestant)
    {
        using (var small = new ShapeContest(@case with { Side = 16 }))
            small.RunOf(contestant)();
        using var contest = new ShapeContest(@case);
        return Of(contest.RunOf(contestant));
    }

    private static long Of(Action run)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        _ = Trim(0);
        File.WriteAllText("/proc/self/clear_refs", ResetPeak);
        var before = Read("VmRSS:");
        run();
        return Read("VmHWM:") - before;
    }

    /// <summary>One line of the process's status, in bytes. The file has kB, meaning KiB.</summary>
    private static long Read(string name)
    {
        var line = File.ReadLines(Status).First(line => line.StartsWith(name, StringComparison.Ordinal));
        return 1024 * long.Parse(line.AsSpan(name.Length).Trim().TrimEnd(" kB"), CultureInfo.InvariantCulture);
    }

    [LibraryImport("libc.so.6", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint pad);
}
