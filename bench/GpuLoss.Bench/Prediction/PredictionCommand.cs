using GpuLoss.Bench.Ptx;

namespace GpuLoss.Bench.Prediction;

/// <summary><c>ptx --run</c>: what every kernel executes and moves, and what a GPU needs for it at least.</summary>
internal static class PredictionCommand
{
    /// <summary>By default. The whole table takes about four minutes on two cores then.</summary>
    public const int DefaultInstructions = 4_000_000;

    private const int ExitFailed = 2;

    /// <summary>Runs the rows of a table and writes it.</summary>
    /// <param name="path">The Markdown file; JSON is written beside it.</param>
    /// <param name="only">Parts of the names of the rows that are wanted; empty for all.</param>
    /// <param name="sides">The sides of the volumes.</param>
    /// <param name="instructions">As <see cref="PredictionRun"/> takes it.</param>
    public static int Run(string path, IReadOnlyList<string> only, IReadOnlyList<int> sides, long instructions)
    {
        if (CudaTools.WhyNot is { } reason)
        {
            Console.Error.WriteLine(reason);
            return ExitFailed;
        }

        PredictedCase[] cases = [.. PredictedCase.All(sides).Where(one => only.Count == 0 || only.Any(IsPartOf(one.Name)))];
        if (cases.Length == 0)
        {
            Console.Error.WriteLine(
                $"--only {string.Join(',', only)} is part of no row. Rows are named like {PredictedCase.All(sides)[0].Name}.");
            return ExitFailed;
        }

        using var run = new PredictionRun(instructions);
        var done = 0;
        var passes = run.Of(
            cases, one => Console.Error.WriteLine($"{Interlocked.Increment(ref done)} of {cases.Length}: {one.Name}"));
        Console.WriteLine($"Written: {path} and {PredictionFiles.Write(path, passes)}");
        return 0;
    }

    private static Func<string, bool> IsPartOf(string name) => part => name.Contains(part, StringComparison.Ordinal);
}
