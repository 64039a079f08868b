namespace DistributedTests.Ranks;

/// <summary>The communicator: sums, broadcasts and gathers of every type, small and large, contiguous and not.</summary>
internal static class TensorChecks
{
    public static void Run(Communicator communicator)
    {
        var (rank, size) = (communicator.rank, communicator.size);
        foreach (var type in new[] { ScalarType.Float32, ScalarType.Float64, ScalarType.Int64 })
        {
            foreach (var elements in new[] { 1, 7, 2048, 100_003 })
            {
                using var own = (arange(elements) % 97 + rank * 1000).to_type(type);
                using var expected = ((arange(elements) % 97) * size + 1000 * size * (size - 1) / 2).to_type(type);
                communicator.all_reduce(own);
                RankProgram.Require(own.eq(expected).all().item<bool>(), $"sum of {elements} {type}");
            }
        }

        // 1e16 - 1e16 + 1 + 1 keeps its ones in the order of the ranks, and in others loses some.
        foreach (var elements in new[] { 1, 50_001 })
        {
            using var order = full([elements], rank switch { 0 => 1e16, 1 => -1e16, _ => 1 }, dtype: ScalarType.Float64);
            communicator.all_reduce(order);
            RankProgram.Require(order.eq(size == 1 ? 1e16 : size - 2).all().item<bool>(), "sums are taken in the order of the ranks");
        }

        using var strided = full([3, 4], rank, dtype: ScalarType.Float32).t();
        communicator.all_reduce(strided);
        RankProgram.Require(strided.eq(size * (size - 1) / 2).all().item<bool>(), "sum of a transposed tensor");

        foreach (var type in new[] { ScalarType.Byte, ScalarType.Bool, ScalarType.Float16, ScalarType.Float32, ScalarType.Float64,
            ScalarType.Int64 })
        {
            using var sent = (arange(1000) % 2 == rank % 2).to_type(type);
            using var expected = (arange(1000) % 2 == (size - 1) % 2).to_type(type);
            communicator.broadcast(sent, size - 1);
            RankProgram.Require(sent.eq(expected).all().item<bool>(), $"broadcast of {type}");
        }

        using var gathered = communicator.all_gather(full([2, 3], rank, dtype: ScalarType.Float32));
        for (var i = 0; i < size; i++)
            RankProgram.Require(gathered[i].eq(i).all().item<bool>(), "gather in the order of the ranks");

        Refused(() => communicator.all_reduce(zeros([1], dtype: ScalarType.Float16)), "all_reduce of Float16", "Float16");
        Refused(() => communicator.broadcast(zeros([1]), size), "broadcast from no rank", $"{size - 1}");
    }

    private static void Refused(Action call, string what, string named)
    {
        try
        {
            call();
        }
        catch (ArgumentException exception) when (exception.Message.Contains(named, StringComparison.Ordinal))
        {
            return;
        }

        RankProgram.Require(false, $"{what} is refused with {named}");
    }
}
