using System.Text.Json;
using System.Text.Json.Serialization;
using GpuLoss.Cli.Commands;

namespace GpuLoss.Cli.Comparing;

/// <summary>
/// How a comparison is spread over ranks: they take turns with the runs, each keeps a state of its own, and in the end the first has all of
/// them.
/// </summary>
internal static class RanksOfComparison
{
    private static readonly JsonSerializerOptions Json = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>Where this rank keeps what it has done: beside the state of the first.</summary>
    public static string PathOf(string statePath) =>
        Ranks.IsFirst ? statePath : Path.ChangeExtension(statePath, $".rank{Ranks.All.rank}.json");

    /// <summary>Whether a run is this rank's.</summary>
    public static bool IsMine(int run) => run % Ranks.All.size == Ranks.All.rank;

    /// <summary>The length of a run, as the first rank has decided it.</summary>
    public static RunLength Agree(RunLength own) => Ranks.Gather(own, Json).First();

    /// <summary>Takes up the runs of ranks that did not come to their end.</summary>
    public static void Add(ExperimentState state, string statePath)
    {
        foreach (var path in Leftovers(statePath))
        {
            var other = ExperimentState.Load(path);
            if (other.Fingerprint == state.Fingerprint)
                state.Runs.AddRange(other.Runs.Where(run => state.Find(run.Loss, run.Seed) == null));
        }
    }

    /// <summary>Gives all runs to all ranks; the first keeps them in one file, with those of ranks that did not come to their
    /// end.</summary>
    public static void Join(ExperimentState state, string statePath)
    {
        if (Ranks.All.size > 1)
        {
            foreach (var run in Ranks.Gather(state.Runs, Json).SelectMany(runs => runs))
            {
                if (state.Find(run.Loss, run.Seed) == null)
                    state.Runs.Add(run);
            }
        }

        var leftovers = Leftovers(statePath);
        if (!Ranks.IsFirst || (Ranks.All.size == 1 && leftovers.Length == 0))
            return;
        state.Save(statePath);
        foreach (var path in leftovers)
            File.Delete(path);
    }

    private static string[] Leftovers(string statePath) => Directory.GetFiles(
        Path.GetDirectoryName(Path.GetFullPath(statePath))!, $"{Path.GetFileNameWithoutExtension(statePath)}.rank*.json");
}
