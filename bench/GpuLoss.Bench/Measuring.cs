using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using GpuLoss.Cli.Benchmarking;

namespace GpuLoss.Bench;

/// <summary>
/// Measurements that need a process of their own: glibc reads its settings when a process starts, and a peak of memory is the peak of a
/// process. The program runs itself with a question, and the answer comes back as JSON on the standard output.
/// </summary>
internal static class Measuring
{
    /// <summary>The verb of a question.</summary>
    public const string Verb = "measure";

    /// <summary>malloc as it is.</summary>
    public const string DefaultMalloc = "default";

    /// <summary>malloc that keeps large blocks in its heap.</summary>
    public const string TunedMalloc = "tuned";

    /// <summary>More than any tensor here: freed memory stays in the process, and a new tensor has its pages already.</summary>
    private static readonly Dictionary<string, string> TunedSettings = new()
    {
        ["MALLOC_MMAP_THRESHOLD_"] = "4294967296",
        ["MALLOC_TRIM_THRESHOLD_"] = "8589934592",
    };

    /// <summary>The times of all cases under both settings of malloc, all contestants of a case alternating in one process.</summary>
    public static IReadOnlyList<CaseTimes> Times(IReadOnlyList<LogitsCase> cases, IReadOnlyList<string> contestants, int rounds) =>
    [
        .. from @case in cases
           from malloc in (string[])[DefaultMalloc, TunedMalloc]
           let answer = Ask<IReadOnlyList<Measurement>>(
               malloc, "times", @case.ToString(), string.Join(',', contestants), rounds.ToString(CultureInfo.InvariantCulture))
           select new CaseTimes(malloc, @case, answer),
    ];

    /// <summary>Answers one question.</summary>
    public static int Answer(string[] question)
    {
        object answer = question switch
        {
            ["times", var @case, var contestants, var rounds] => TimesOf(
                LogitsCase.Parse(@case), contestants.Split(','), int.Parse(rounds, CultureInfo.InvariantCulture)),
            _ => throw new ArgumentException($"Not a question: {string.Join(' ', question)}.", nameof(question)),
        };
        Console.Out.Write(JsonSerializer.Serialize(answer));
        return 0;
    }

    private static IReadOnlyList<Measurement> TimesOf(LogitsCase @case, string[] contestants, int rounds)
    {
        LossContest.WarmUp();
        using var contest = new LossContest(@case.Classes, @case.Side);
        contest.Check();
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
            : throw new InvalidOperationException($"Measuring failed with exit code {process.ExitCode}: {string.Join(' ', question)}");
    }
}
