using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using GpuLoss.Cli.Benchmarking;

namespace GpuLoss.Bench.Host;

/// <summary>
/// Measurements in processes of their own: glibc reads its settings when a process starts, and a peak of memory is one of a process. The
/// program runs itself with a question and gets the answer as JSON.
/// </summary>
internal static class Measuring
{
    /// <summary>The verb of a question.</summary>
    public const string Verb = "measure";

    /// <summary>malloc as it is.</summary>
    public const string DefaultMalloc = "default";

    /// <summary>malloc with <see cref="TunedSettings"/>.</summary>
    public const string TunedMalloc = "tuned";

    /// <summary>
    /// More than any tensor here, so that freed memory stays in the process and a new tensor has its pages already. By default glibc maps
    /// every block over 32 MB anew, and most of a large loss's time is then the system's, zeroing pages.
    /// </summary>
    public static readonly IReadOnlyDictionary<string, string> TunedSettings = new Dictionary<string, string>
    {
        ["MALLOC_MMAP_THRESHOLD_"] = "4294967296",
        ["MALLOC_TRIM_THRESHOLD_"] = "8589934592",
    };

    private const int ShapeWarmUpRuns = 60;

    /// <summary>The contestants whose memory is measured.</summary>
    public static readonly IReadOnlyList<string> MemoryContestants =
        [LossContest.Fused, LossContest.EagerScatter, LossContest.CrossEntropy];

    /// <summary>The times of all cases under both settings of malloc, all contestants of a case alternating in one process.</summary>
    public static IReadOnlyList<CaseTimes> Times(IReadOnlyList<LogitsCase> cases, IReadOnlyList<string> contestants, int rounds) =>
    [
        .. from @case in cases
           from malloc in (string[])[DefaultMalloc, TunedMalloc]
           let answer = Ask<IReadOnlyList<Measurement>>(malloc, "times", @case.ToString(), string.Join(',', contestants), Text(rounds))
           select new CaseTimes(malloc, @case, answer),
    ];

    /// <summary>The peak memory of one run of every case and contestant, malloc as it is.</summary>
    public static IReadOnlyList<CaseMemory> PeakMemory(IReadOnlyList<LogitsCase> cases) =>
    [
        .. from @case in cases
           from contestant in MemoryContestants
           select new CaseMemory(@case, contestant, Ask<long>(DefaultMalloc, "memory", @case.ToString(), contestant)),
    ];

    /// <summary>The time and the managed bytes of one small call, malloc as it is.</summary>
    public static IReadOnlyList<Measurement> CallCost(int rounds) => Ask<IReadOnlyList<Measurement>>(DefaultMalloc, "call", Text(rounds));

    /// <summary>The times of the losses of shapes, malloc tuned.</summary>
    public static CaseTimes Shapes(LogitsCase @case, IReadOnlyList<string> contestants, int rounds) => new(
        TunedMalloc, @case,
        Ask<IReadOnlyList<Measurement>>(TunedMalloc, "shapes", @case.ToString(), string.Join(',', contestants), Text(rounds)));

    /// <summary>The peak memory of one run of a loss of shapes, malloc as it is.</summary>
    public static CaseMemory ShapeMemory(LogitsCase @case, string contestant) =>
        new(@case, contestant, Ask<long>(DefaultMalloc, "shape-memory", @case.ToString(), contestant));

    /// <summary>What the first touch of a page takes, in µs.</summary>
    public static double PageTouch() => Ask<double>(DefaultMalloc, "page-touch");

    /// <summary>Answers one question.</summary>
    public static int Answer(string[] question)
    {
        object answer = question switch
        {
            ["times", var @case, var contestants, var rounds] => TimesOf(LogitsCase.Parse(@case)!, contestants.Split(','), Number(rounds)),
            ["memory", var @case, var contestant] => Host.PeakMemory.OfOneRun(LogitsCase.Parse(@case)!, contestant),
            ["call", var rounds] => Host.CallCost.Measure(Number(rounds)),
            ["shapes", var @case, var contestants, var rounds] =>
                ShapesOf(LogitsCase.Parse(@case)!, contestants.Split(','), Number(rounds)),
            ["shape-memory", var @case, var contestant] => Host.PeakMemory.OfShapes(LogitsCase.Parse(@case)!, contestant),
            ["page-touch"] => Host.PageTouch.Microseconds(),
            _ => throw new ArgumentException($"Not a question: {string.Join(' ', question)}.", nameof(question)),
        };
        Console.Out.Write(JsonSerializer.Serialize(answer));
        return 0;
    }

    private static IReadOnlyList<Measurement> TimesOf(LogitsCase @case, string[] contestants, int rounds)
    {
        LossContest.WarmUp(contestants);
        using var contest = new LossContest(@case);
        contest.Check();
        return AlternatingRunner.Run(rounds, [.. contestants.Select(name => (name, contest.RunOf(name)))]);
    }

    private static IReadOnlyList<Measurement> ShapesOf(LogitsCase @case, string[] contestants, int rounds)
    {
        using (var small = new ShapeContest(@case with { Side = 16 }))
        {
            small.Check();
            foreach (var name in contestants)
            {
                for (var run = 0; run < ShapeWarmUpRuns; run++)
                    small.RunOf(name)();
            }
        }

        using var contest = new ShapeContest(@case);
        return AlternatingRunner.Run(rounds, [.. contestants.Select(name => (name, contest.RunOf(name)))]);
    }

    private static T Ask<T>(string malloc, params string[] question)
    {
        Console.Error.WriteLine($"{malloc} malloc: {string.Join(' ', question)}");
        var start = new ProcessStartInfo(Environment.ProcessPath!, [Verb, .. question]) { RedirectStandardOutput = true };
        foreach (var (name, value) in TunedSettings)
        {
            start.Environment.Remove(name);
            if (malloc == TunedMalloc)
                start.Environment.Add(name, value);
        }

        using var process = Process.Start(start)!;
        var answer = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? JsonSerializer.Deserialize<T>(answer)!
            : throw new InvalidOperationException($"A measurement ended with exit code {process.ExitCode}: {string.Join(' ', question)}");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
