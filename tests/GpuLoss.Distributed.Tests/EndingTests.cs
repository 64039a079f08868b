using System.Diagnostics;
using System.Globalization;

namespace DistributedTests;

/// <summary>A rank that fails or is killed takes the others with it: none waits for ever.</summary>
public class EndingTests
{
    private static readonly TimeSpan Seconds = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(Launcher.OpenMpi)]
    [InlineData(Launcher.Mpich)]
    public void An_exception_on_one_rank_ends_all(string launcher)
    {
        var (exitCode, output, error) = Launcher.Run(launcher, 3, "throw");
        Assert.NotEqual(0, exitCode);
        Assert.Contains("Rank 2 of 3 ends all ranks.", output + error, StringComparison.Ordinal);
        Assert.Contains("planted failure", output + error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Launcher.OpenMpi)]
    [InlineData(Launcher.Mpich)]
    public void An_exit_code_of_one_rank_ends_all(string launcher)
    {
        var (exitCode, _, _) = Launcher.Run(launcher, 3, "exit");
        Assert.Equal(3, exitCode);
    }

    [Theory]
    [InlineData(Launcher.OpenMpi)]
    [InlineData(Launcher.Mpich)]
    public void A_killed_rank_ends_all(string launcher)
    {
        using var launched = Launcher.Start(launcher, 3, [Environment.ProcessPath!, Ranks.RankProgram.Verb, "wait"]);
        int[] pids = [];
        while (pids.Length == 0 && launched.StandardOutput.ReadLine() is { } line)
        {
            if (line.StartsWith("pids ", StringComparison.Ordinal))
                pids = [.. line.Split(' ').Skip(1).Select(word => int.Parse(word, CultureInfo.InvariantCulture))];
        }

        Assert.Equal(3, pids.Length);
        using (var victim = Process.GetProcessById(pids[1]))
            victim.Kill();
        var (exitCode, _, _) = Launcher.Finish(launched, Seconds);
        Assert.NotEqual(0, exitCode);
        Assert.All(pids, pid => Assert.False(IsRunning(pid), $"process {pid} still runs"));
    }

    private static bool IsRunning(int pid)
    {
        var status = $"/proc/{pid}/stat";
        try
        {
            return File.Exists(status) && File.ReadAllText(status).Split(") ")[^1][0] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }
}
