using System.Diagnostics;
using System.Globalization;
using GpuLoss.Cli.Training;

namespace GpuLoss.Cli.Tests;

/// <summary>The real program, as a process of its own.</summary>
internal static class Cli
{
    /// <summary>Runs it to its end.</summary>
    public static (int ExitCode, string Output, string Error) Run(string[] arguments) => Finish(Start(arguments));

    /// <summary>Runs it with the losses and the network of <see cref="StartupHook"/>.</summary>
    public static (int ExitCode, string Output, string Error) RunWithFaults(string fault, string[] arguments) => Finish(Start(
        arguments, new()
        {
            ["DOTNET_STARTUP_HOOKS"] = typeof(StartupHook).Assembly.Location,
            [StartupHook.Fault] = fault,
            [NativeEnvironment.Variable] = ""
        }));

    private static (int ExitCode, string Output, string Error) Finish(Process started)
    {
        using var process = started;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    /// <summary>Starts it, with one thread for torch: tests run side by side, and OpenMP's threads would wait for each other's
    /// processor.</summary>
    public static Process Start(string[] arguments, Dictionary<string, string>? environment = null)
    {
        var program = typeof(InputException).Assembly.Location;
        string[] command = ["dotnet", "exec", program, .. arguments];

        // Where tests run in the background the shell may have made them ignore Ctrl-C, and what they start would too, for ever.
        if (OperatingSystem.IsLinux())
            command = ["env", "--default-signal=INT", .. command];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["OMP_NUM_THREADS"] = "1" },
        };
        foreach (var (name, value) in environment ?? [])
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>Does what Ctrl-C does.</summary>
    public static void Interrupt(Process process)
    {
        using var kill = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }
}
