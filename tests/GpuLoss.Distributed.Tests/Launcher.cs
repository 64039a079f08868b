using System.Diagnostics;

namespace DistributedTests;

/// <summary>Starts ranks by a real MPI.</summary>
internal static class Launcher
{
    public const string OpenMpi = "mpirun.openmpi";
    public const string Mpich = "mpiexec.mpich";

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(4);

    /// <summary>Runs this program as ranks to its end.</summary>
    public static (int ExitCode, string Output, string Error) Run(string launcher, int ranks, params string[] arguments)
    {
        using var process = Start(launcher, ranks, [Environment.ProcessPath!, Ranks.RankProgram.Verb, .. arguments]);
        return Finish(process);
    }

    /// <summary>Waits for the end, and fails where it does not come.</summary>
    public static (int ExitCode, string Output, string Error) Finish(Process process, TimeSpan? longest = null)
    {
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        if (!process.WaitForExit(longest ?? Longest))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"The ranks did not end.\n{output.Result}\n{error.Result}");
        }

        return (process.ExitCode, output.Result, error.Result);
    }

    /// <summary>Starts a program as ranks.</summary>
    public static Process Start(string launcher, int ranks, string[] program)
    {
        Assert.SkipUnless(IsThere(launcher), $"{launcher} is not installed.");
        string[] options = launcher == OpenMpi ? ["--allow-run-as-root", "--oversubscribe", "--bind-to", "none", "-n"] : ["-n"];
        return Process.Start(new ProcessStartInfo(launcher, [.. options, $"{ranks}", .. program])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["OMP_NUM_THREADS"] = "1", ["DOTNET_TieredPGO"] = "0", ["TERM"] = "dumb",
                ["OMPI_MCA_mpi_yield_when_idle"] = "1" },
        })!;
    }

    private static bool IsThere(string launcher) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, launcher)));
}
