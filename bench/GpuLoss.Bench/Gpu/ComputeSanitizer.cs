namespace GpuLoss.Bench.Gpu;

/// <summary>NVIDIA's checkers of memory accesses and of races in shared memory, over a small run.</summary>
internal static class ComputeSanitizer
{
    /// <summary>What a tool says that found nothing.</summary>
    public const string Clean = "no errors";

    private const string Program = "compute-sanitizer";
    private const int ExitErrors = 86;
    private static readonly string[] Tools = ["memcheck", "racecheck"];
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    /// <summary>Where the toolkit puts it beside the search path.</summary>
    private static string[] Folders =>
        [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'), "/usr/local/cuda/bin", "/opt/cuda/bin"];

    /// <summary>Runs memcheck and racecheck.</summary>
    /// <returns>What each says; null where the tool is not installed.</returns>
    public static Dictionary<string, string>? Run(string folder)
    {
        var program = Folders.Select(place => Path.Combine(place, Program)).FirstOrDefault(File.Exists);
        if (program is null)
            return null;
        return Tools.ToDictionary(tool => tool, tool =>
        {
            var result = Child.Run(
                program,
                [
                    "--tool", tool, "--error-exitcode", $"{ExitErrors}", "--target-processes", "all", Environment.ProcessPath!,
                    GpuSteps.Verb,
                    GpuSteps.Small, Path.Combine(folder, $"{tool}.json"),
                ],
                Limit);
            File.WriteAllText(Path.Combine(folder, $"{tool}.log"), result.Output + result.Error);
            return result.Failure ?? Clean;
        });
    }
}
