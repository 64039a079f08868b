using GpuLoss.Bench.Gpu;
using GpuLoss.Cli.Reporting;

namespace GpuLoss.Bench.Distributed;

/// <summary><c>distributed</c>: starts ranks of itself by each MPI that is there, and prints what they found as a Markdown table.</summary>
internal static class DistributedCommand
{
    private static readonly int[] Ranks = [1, 2, 4];
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

    private static readonly (string Name, string Launcher, string[] Options)[] Launchers =
    [
        ("Open MPI", "mpirun.openmpi", ["--allow-run-as-root", "--oversubscribe", "--bind-to", "none"]),
        ("MPICH", "mpiexec.mpich", []),
    ];

    /// <summary>Runs all.</summary>
    /// <returns>0, or 1 where no MPI ran.</returns>
    public static int Run()
    {
        var (side, rounds) = (DistributedRank.Side, DistributedRank.Rounds);
        var processor = $"{MachineFacts.ReadProcessor()}, {Environment.ProcessorCount} logical processors";
        Console.WriteLine($"""
            Dice + cross-entropy, forward and gradient, of one sample [4, {side}³] a rank, float32, one thread a rank; ms, medians of
            {rounds} rounds on the first rank. {processor}: more ranks than processors
            wait for each other. "as nnU-Net" is its exchange alone, three all-gathers and three all-reduces of I, P and T in float32.

            | MPI | ranks | local | over ranks | overhead | calls of MPI | bytes received | as nnU-Net | calls of MPI | bytes received |
            |---|---|---|---|---|---|---|---|---|---|
            """);
        var succeeded = false;
        foreach (var (name, launcher, options) in Launchers)
        {
            foreach (var ranks in Ranks)
            {
                var result = Child.Run(
                    launcher, [.. options, "-n", $"{ranks}", Environment.ProcessPath!, DistributedRank.Verb], Longest,
                    new Dictionary<string, string> { ["OMP_NUM_THREADS"] = "1", ["TERM"] = "dumb" });
                var row = result.Output.Split('\n').FirstOrDefault(line => line.StartsWith('|'));
                succeeded |= row is not null;
                Console.WriteLine(row is null ? $"| {name} | {ranks} | {result.Failure} |" : $"| {name} | {ranks} {row}");
            }
        }

        return succeeded ? 0 : 1;
    }
}
