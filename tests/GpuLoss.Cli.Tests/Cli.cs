using System.Diagnostics;
using System.Globalization;

namespace GpuLoss.Cli.Tests;

/// <summary>The real program, as a process of its own.</summary>
internal static class Cli
{
    /// <summary>Runs it to its end.</summary>
    public static (int ExitCode, string Output, string Error) Run(string[] arguments)
    {
        using var process = Start(arguments);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    /// <summary>Starts it, with one thread for torch: tests run side by side, and OpenMP's threads would wait for each other's processor.</summary>
    public static Process Start(string[] arguments)
    {
        var program = typeof(InputException).Assembly.Location;
        return Process.Start(new ProcessStartInfo("dotnet", ["exec", program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["OMP_NUM_THREADS"] = "1" },
        })!;
    }

    /// <summary>Does what Ctrl-C does.</summary>
    public static void Interrupt(Process process)
    {
        using var kill = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }
}
