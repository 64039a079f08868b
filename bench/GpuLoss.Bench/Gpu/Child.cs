using System.Diagnostics;
using System.Text;

namespace GpuLoss.Bench.Gpu;

/// <summary>How a program that was started ended.</summary>
/// <param name="ExitCode">Its exit code, or null where it did not start or took too long.</param>
/// <param name="Output">All it wrote to its output.</param>
/// <param name="Error">All it wrote to its error output, or why it did not start.</param>
internal sealed record ChildResult(int? ExitCode, string Output, string Error)
{
    /// <summary>Why it failed, in one line; null where it did not.</summary>
    public string? Failure => ExitCode switch
    {
        0 => null,
        null => Error,
        _ => $"exit code {ExitCode}: {LastLine(Error.Length > 0 ? Error : Output)}",
    };

    private static string LastLine(string text) => text.TrimEnd().Split('\n')[^1];
}

/// <summary>
/// Runs a program to its end. Every step of the proof is a process of its own: a kernel that faults leaves a process without a usable GPU,
/// and should not take the other steps with it.
/// </summary>
internal static class Child
{
    /// <summary>Runs a program; what it writes to its error output is shown as it comes.</summary>
    public static ChildResult Run(
        string program, IEnumerable<string> arguments, TimeSpan limit, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        using var process = new Process { StartInfo = start };
        var error = new StringBuilder();
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null)
                return;
            error.AppendLine(line.Data);
            Console.Error.WriteLine(line.Data);
        };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            return new ChildResult(null, "", $"{program}: {exception.Message}");
        }

        process.BeginErrorReadLine();
        var output = process.StandardOutput.ReadToEndAsync();
        if (process.WaitForExit(limit))
        {
            process.WaitForExit(); // for the rest of the error output
            return new ChildResult(process.ExitCode, output.Result, error.ToString());
        }

        process.Kill(entireProcessTree: true);
        return new ChildResult(null, "", $"not done after {limit.TotalMinutes:F0} minutes");
    }
}
