namespace DistributedTests;

/// <summary>Without a launcher there is one rank, and everything works.</summary>
public class SingleTests
{
    [Fact]
    public void A_process_that_no_launcher_started_is_one_rank_without_a_library()
    {
        var world = Communicator.world;
        Assert.Equal((0, 1, 0), (world.rank, world.size, world.local_rank));
        Assert.Equal("one rank, without MPI", world.ToString());
        Assert.DoesNotContain("libmpi", File.ReadAllText("/proc/self/maps"), StringComparison.Ordinal);
    }

    [Fact]
    public void All_checks_of_the_ranks_pass()
    {
        Ranks.TensorChecks.Run(Communicator.single);
        Ranks.RefusalChecks.Run(Communicator.single);
        Ranks.PartChecks.Run(Communicator.single);
    }

    [Fact]
    public void A_launcher_without_its_library_is_an_error_that_names_what_was_looked_for()
    {
        using var process = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo(Environment.ProcessPath!, [Ranks.RankProgram.Verb, "all"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["OMPI_COMM_WORLD_SIZE"] = "2", ["GPULOSS_MPI_LIBRARY"] = "libmpi-of-nobody.so" },
            })!;
        var (exitCode, _, error) = Launcher.Finish(process);
        Assert.NotEqual(0, exitCode);
        Assert.Contains("libmpi-of-nobody.so", error, StringComparison.Ordinal);
    }
}
