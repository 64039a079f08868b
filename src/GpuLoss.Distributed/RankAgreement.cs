using System.Text;

namespace GpuLoss.Distributed;

/// <summary>
/// Every exchange starts with a few numbers of each rank. One that failed sends its message in their place, so that all ranks fail with it.
/// </summary>
internal static class RankAgreement
{
    /// <summary>The numbers of all ranks.</summary>
    /// <exception cref="FailedRankException">A rank has failed.</exception>
    public static long[][] Exchange(Communicator communicator, ReadOnlySpan<long> own, Exception? failure = null)
    {
        var text = failure is null ? [] : Encoding.UTF8.GetBytes(failure.Message);
        long[] row = [failure is null ? 0 : 1, text.Length, .. own];
        var all = communicator.Gather<long>(row);
        var rows = Enumerable.Range(0, communicator.size).Select(rank => all.AsSpan(rank * row.Length, row.Length).ToArray()).ToArray();
        if (Array.TrueForAll(rows, one => one[0] == 0))
            return Array.ConvertAll(rows, one => one[2..]);

        int[] lengths = [.. rows.Select(one => (int)one[1])];
        var texts = communicator.Gather<byte>(text, lengths);
        List<string> messages = [];
        for (var (rank, begin) = (0, 0); rank < lengths.Length; begin += lengths[rank++])
        {
            if (rows[rank][0] != 0)
                messages.Add($"Rank {rank} of {communicator.size}: {Encoding.UTF8.GetString(texts, begin, lengths[rank])}");
        }

        throw new FailedRankException(Array.FindIndex(rows, one => one[0] != 0), string.Join(Environment.NewLine, messages), failure);
    }
}
