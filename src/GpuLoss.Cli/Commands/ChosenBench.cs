using GpuLoss.Cli.Benchmarking;
using GpuLoss.Cli.Reporting;
using Spectre.Console;

namespace GpuLoss.Cli.Commands;

/// <summary><c>bench --loss</c>: what a loss of the user's own costs.</summary>
internal static class ChosenBench
{
    private static readonly string[] Contestants = [ChosenContest.Fused, ChosenContest.Eager, ChosenContest.Floor];

    public static void Run(IAnsiConsole console, LogitsCase[] cases, ChosenLoss loss, string target)
    {
        foreach (var @case in cases)
            BenchCommand.CheckMemory(@case);
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in (string[])["C", "side", "fused", "eager", "floor", "eager / fused", "fused / floor"])
            table.AddColumn(column, settings => settings.RightAligned());
        console.Status().Start("Measuring…", _ =>
        {
            WarmUp(loss, target);
            foreach (var @case in cases)
                table.AddRow(Row(@case, loss, target));
        });
        console.Write(table);
        console.WriteLine($"""
            {loss.Text} of the {(loss.IsSigmoid ? "sigmoid" : "softmax")} and its gradient, float32 logits [1, C, side, side, side],
            target: {target}; ms, medians of {BenchCommand.Rounds} alternating rounds with their quartiles. Values and gradients
            were compared first. eager: the same loss from torch's operations; floor: the memory traffic of the loss
            without its arithmetic.

            """);
        console.WriteLine(new MachineFacts().ToString());
    }

    private static void WarmUp(ChosenLoss loss, string target)
    {
        using var contest = new ChosenContest(ContestRuns.Small, loss, target);
        ContestRuns.WarmUp([.. Contestants.Select(contest.RunOf)]);
    }

    private static string[] Row(LogitsCase @case, ChosenLoss loss, string target)
    {
        using var contest = new ChosenContest(@case, loss, target);
        contest.Check();
        var times = AlternatingRunner.Run(BenchCommand.Rounds, [.. Contestants.Select(name => (name, contest.RunOf(name)))])
            .ToDictionary(measurement => measurement.Contestant);
        var (fused, eager, floor) = (times[ChosenContest.Fused], times[ChosenContest.Eager], times[ChosenContest.Floor]);
        return
        [
            BenchCommand.Show(@case.Classes, "F0"), BenchCommand.Show(@case.Side, "F0"), BenchCommand.Show(fused), BenchCommand.Show(eager),
            BenchCommand.Show(floor), BenchCommand.Show(eager.MedianMs / fused.MedianMs, "F1"),
            BenchCommand.Show(fused.MedianMs / floor.MedianMs, "F2"),
        ];
    }
}
