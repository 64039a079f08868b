using System.Collections.Concurrent;
using System.Globalization;

namespace DistributedTests;

/// <summary>Real Open MPI and real MPICH, 1 to 4 ranks as processes: each run does all checks, and the tests look at what it
/// printed.</summary>
public class RankTests
{
    private static readonly ConcurrentDictionary<(string Launcher, int Ranks),
        Lazy<(int ExitCode, string Output, string Error)>> Runs = new();

    public static TheoryData<string, int> All { get; } = new(
        new[] { Launcher.OpenMpi, Launcher.Mpich }.SelectMany(launcher => Enumerable.Range(1, 4).Select(ranks => (launcher, ranks))));

    [Theory]
    [MemberData(nameof(All))]
    public void Every_check_passes_on_every_rank(string launcher, int ranks)
    {
        var output = Output(launcher, ranks);
        Assert.Equal(
            ["ok tensors", "ok losses", "ok refusals", "ok parts", "ok training"],
            output.Where(line => line.StartsWith("ok ", StringComparison.Ordinal)));
        Assert.Contains($"of {ranks}", output);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Losses_and_gradients_have_the_bits_of_one_rank(string launcher, int ranks)
    {
        Assert.Equal(Line(Launcher.OpenMpi, 1, "bits "), Line(launcher, ranks, "bits "));
        Assert.Equal(Line(Launcher.OpenMpi, 1, "parts Dice"), Line(launcher, ranks, "parts Dice"));
        Assert.Equal(Line(Launcher.OpenMpi, 1, "parts a sum"), Line(launcher, ranks, "parts a sum"));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Fifty_steps_of_the_same_batches_have_the_losses_of_one_rank(string launcher, int ranks)
    {
        var (expected, found) = (Losses(Launcher.OpenMpi, 1), Losses(launcher, ranks));
        Assert.Equal(50, expected.Length);
        Assert.Equal(expected.Length, found.Length);
        for (var step = 0; step < expected.Length; step++)
            Assert.Equal(expected[step], found[step], 1e-5);
    }

    private static double[] Losses(string launcher, int ranks) =>
        [.. Line(launcher, ranks, "losses ").Split(' ').Skip(1).Select(word => double.Parse(word, CultureInfo.InvariantCulture))];

    private static string Line(string launcher, int ranks, string begin) =>
        Assert.Single(Output(launcher, ranks), line => line.StartsWith(begin, StringComparison.Ordinal));

    private static string[] Output(string launcher, int ranks)
    {
        var (exitCode, output, error) = Runs.GetOrAdd((launcher, ranks), key => new(() => Launcher.Run(key.Launcher, key.Ranks, "all")))
            .Value;
        Assert.True(exitCode == 0, $"{launcher}, {ranks} ranks: exit code {exitCode}\n{output}\n{error}");
        return output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
    }
}
