using GpuLoss.Cli.Benchmarking;
using GpuLoss.Cli.Tests.Training;

namespace GpuLoss.Cli.Tests;

/// <summary>What makes the times of a benchmark comparable.</summary>
[Collection(TorchsRandomNumbers.Name)]
public sealed class BenchmarkingTests
{
    [Fact]
    public void Everybody_runs_once_in_every_round_and_not_always_after_the_same_neighbour()
    {
        const int Rounds = 20;
        var order = new List<string>();
        string[] names = ["a", "b", "c"];
        var measured = AlternatingRunner.Run(Rounds, [.. names.Select(name => (name, (Action)(() => order.Add(name))))]);
        Assert.Equal(names, measured.Select(measurement => measurement.Contestant));
        Assert.All(measured, measurement => Assert.InRange(measurement.LeastMs, 0, measurement.MedianMs));
        var rounds = order.Chunk(names.Length).ToList();
        Assert.InRange(rounds.Count, Rounds + 1, 2 * Rounds); // some warm up
        Assert.All(rounds, round => Assert.Equal(names, round.Order()));
        Assert.Equal(names.Length - 1, order.Zip(order.Skip(1)).Where(pair => pair.Second == "a" && pair.First != "a").Distinct().Count());
    }

    [Fact]
    public void Managed_bytes_are_those_of_one_run()
    {
        var kept = new byte[]?[1];
        var measured = AlternatingRunner.Run(5, [("nothing", () => { }), ("array", () => kept[0] = new byte[10_000])]);
        Assert.Equal(0, measured[0].ManagedBytes);
        Assert.InRange(measured[1].ManagedBytes, 10_000, 10_100);
    }

    [Theory]
    [InlineData(2, 8)]
    [InlineData(3, 17)]
    [InlineData(40, 23)]
    public void Contestants_agree_and_the_floor_reads_and_copies_everything(int classes, int side)
    {
        using var contest = new LossContest(new LogitsCase(classes, side));
        contest.Check();
        foreach (var name in LossContest.Names)
            contest.RunOf(name)();
    }

    [Theory]
    [InlineData("4x128", true)]
    [InlineData("1x128", false)]
    [InlineData("4x7", false)]
    [InlineData("4", false)]
    [InlineData("4x128x2", false)]
    [InlineData("4xa", false)]
    public void A_case_is_written_as_classes_x_side(string text, bool isCase)
    {
        var @case = LogitsCase.Parse(text);
        Assert.Equal(isCase ? text : null, @case?.ToString());
    }
}
