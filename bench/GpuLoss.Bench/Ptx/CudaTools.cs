using System.Diagnostics;

namespace GpuLoss.Bench.Ptx;

/// <summary>NVIDIA's assembler and disassembler, which need no GPU. <c>.ci/fetch-ptxas</c> puts them where they are looked for.</summary>
internal static class CudaTools
{
    /// <summary>The environment variable that names another folder with both of them.</summary>
    private const string Variable = "GPULOSS_CUDA_TOOLS";

    private static string Folder => Environment.GetEnvironmentVariable(Variable) ?? Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "gpuloss", "cuda", "bin");

    /// <summary>Why there is nothing to assemble with, or null where there is.</summary>
    public static string? WhyNot => File.Exists(Path.Combine(Folder, "ptxas"))
        ? null
        : $"ptxas is not in {Folder}: run .ci/fetch-ptxas, or name its folder in {Variable}.";

    /// <summary>Runs a tool and returns what it wrote.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message is its own.</exception>
    public static string Run(string tool, params string[] arguments)
    {
        var start = new ProcessStartInfo(
            Path.Combine(Folder, tool), arguments)
        { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException(
                $"{tool} {string.Join(' ', arguments)} ended with exit code {process.ExitCode}:\n{output}");
    }
}
