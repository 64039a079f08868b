using System.Diagnostics;
using System.Text.Json;
using GpuLoss.Cli;

namespace DistributedTests;

/// <summary>The real program, started by mpirun.</summary>
public sealed class CliTests : IDisposable
{
    private static readonly string[] Small = ["--spacing", "6", "--patch", "16"];
    private static readonly string[] SmallComparison =
        ["compare", .. Small, "--losses", "ce,dice", "--seeds", "2", "--steps", "3", "--budget", "2h", "--split", "region"];

    private static readonly string[] Reproducible = ["Loss", "Seed", "InitialWeights", "Patches", "StepLosses", "Predictions"];

    private readonly string folder = Directory.CreateTempSubdirectory("gpuloss-ranks").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Train_on_two_ranks_displays_once_and_writes_one_report()
    {
        var (exitCode, output, error) = Run(Launcher.OpenMpi, 2, ["train", .. Small, "--steps", "3", "--out", folder]);
        Assert.True(exitCode == 0, output + error);
        Assert.Single(output.Split('\n'), line => line.Contains("On 2 ranks", StringComparison.Ordinal));
        Assert.Single(output.Split('\n'), line => line.Contains("step     3/3", StringComparison.Ordinal));
        using var summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "summary.json")));
        Assert.Equal(JsonValueKind.Object, summary.RootElement.ValueKind);
    }

    [Fact]
    public void A_wrong_option_ends_all_ranks_with_its_exit_code()
    {
        var (exitCode, output, error) =
            Run(Launcher.Mpich, 2, ["train", "--image", "nowhere.nii", "--labels", "nowhere.nii", "--out", folder]);
        Assert.Equal(2, exitCode);
        Assert.Contains("nowhere.nii", output + error, StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_on_two_ranks_has_the_runs_of_one_process()
    {
        var (together, alone) = (Path.Combine(folder, "together"), Path.Combine(folder, "alone"));
        var (exitCode, output, error) = Run(Launcher.Mpich, 2, [.. SmallComparison, "--out", together]);
        Assert.True(exitCode == 0, output + error);
        Assert.Empty(Directory.GetFiles(together, "*.rank*"));
        using var process = Process.Start(new ProcessStartInfo("dotnet", ["exec", Program, .. SmallComparison, "--out", alone])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["OMP_NUM_THREADS"] = "1" },
        })!;
        Assert.Equal(0, Launcher.Finish(process).ExitCode);
        Assert.Equal(RunsOf(alone), RunsOf(together));
    }

    [Fact]
    public void A_killed_rank_ends_a_comparison_and_what_is_done_goes_on()
    {
        string[] command = [.. SmallComparison, "--out", folder];
        using var launched =
            Launcher.Start(Launcher.OpenMpi, 2, ["dotnet", "exec", Program, .. command.Select(word => word == "2" ? "90" : word)]);
        string[] states = [Path.Combine(folder, "state.json"), Path.Combine(folder, "state.rank1.json")];
        while (!states.All(File.Exists) && launched.StandardOutput.ReadLine() is not null)
        {
        }

        using (var victim = Process.GetProcessById(PidOfRank(1)))
            victim.Kill();
        Assert.NotEqual(0, Launcher.Finish(launched, TimeSpan.FromSeconds(60)).ExitCode);
        var done = states.Sum(Runs);
        Assert.InRange(done, 2, 179);

        var (exitCode, output, error) = Run(Launcher.OpenMpi, 1, [.. command, "--resume"]);
        Assert.True(exitCode == 0, output + error);
        Assert.InRange(Runs(states[0]), Math.Max(4, done), 179);
        Assert.False(File.Exists(states[1] + ".new"));

        static int Runs(string state)
        {
            using var json = JsonDocument.Parse(File.ReadAllText(state));
            return json.RootElement.GetProperty("Runs").GetArrayLength();
        }
    }

    /// <summary>The process that works on this test's folder as a rank of Open MPI.</summary>
    private int PidOfRank(int rank) => Process.GetProcessesByName("dotnet").Select(process => process.Id).Single(pid =>
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Contains(folder, StringComparison.Ordinal)
                && File.ReadAllText($"/proc/{pid}/environ").Contains($"OMPI_COMM_WORLD_RANK={rank}\0", StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false; // it has ended, or is another user's
        }
    });

    private static string Program => typeof(InputException).Assembly.Location;

    private static (int ExitCode, string Output, string Error) Run(string launcher, int ranks, string[] arguments)
    {
        using var process = Launcher.Start(launcher, ranks, ["dotnet", "exec", Program, .. arguments]);
        return Launcher.Finish(process);
    }

    /// <summary>Everything of every run that is not a time.</summary>
    private static List<string> RunsOf(string report)
    {
        using var state = JsonDocument.Parse(File.ReadAllText(Path.Combine(report, "state.json")));
        return
        [
            .. state.RootElement.GetProperty("Runs").EnumerateArray().Select(run => string.Join(
                ' ', Reproducible.Select(name => run.GetProperty(name).GetRawText())))
                .Order(StringComparer.Ordinal),
        ];
    }
}
