namespace GpuLoss.PtxMachine;

/// <summary>
/// A part of a grid: its first and its last block, and of those between as many as it takes, evenly spread. What is counted is scaled to
/// the whole grid; what the other blocks would have written is not there.
/// </summary>
/// <param name="Instructions">About how many instructions of warps are executed, if the other blocks are like the first and the
/// last.</param>
/// <param name="Least">The fewest blocks that run, as far as there are so many.</param>
internal sealed record BlockSample(long Instructions, int Least = 5)
{
    /// <summary>How many blocks run between the first and the last.</summary>
    /// <param name="blocks">The blocks of the grid.</param>
    /// <param name="ofEnds">The instructions that the first and the last one executed.</param>
    public int Count(int blocks, long ofEnds) => (int)Math.Clamp(
        2 * (Instructions - ofEnds) / Math.Max(1, ofEnds),
        Math.Min(Math.Max(0, Least - 2), Math.Max(0, blocks - 2)), Math.Max(0, blocks - 2));

    /// <summary>Blocks between the first and the last: the middles of equal parts.</summary>
    /// <param name="blocks">The blocks of the grid.</param>
    /// <param name="count">How many are wanted.</param>
    public static IEnumerable<int> Between(int blocks, int count) =>
        Enumerable.Range(0, count).Select(i => 1 + (int)((2L * i + 1) * (blocks - 2) / (2L * count)));
}
