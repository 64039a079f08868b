using System.CommandLine;
using System.Globalization;
using GpuLoss.Cli.Benchmarking;
using GpuLoss.Cli.Reporting;
using GpuLoss.Cli.Volumes;
using Spectre.Console;

namespace GpuLoss.Cli.Commands;

/// <summary><c>bench</c>: what the losses cost on this machine, beside torch's own operations, in about a minute.</summary>
internal static class BenchCommand
{
    public const int Rounds = 15;
    private const int DefaultClasses = 4;
    private const int DefaultSide = 96;

    /// <summary>The eager losses hold 6 to 14 tensors of the logits' size at once.</summary>
    private const int EagerTensors = 16;

    private static readonly LogitsCase[] Cases = [new(3, 64), new(DefaultClasses, DefaultSide), new(2, 128), new(14, 64), new(105, 32)];

    private static readonly string[] Contestants =
        [LossContest.Fused, LossContest.EagerScatter, LossContest.EagerOneHot, LossContest.CrossEntropy, LossContest.Floor];

    public static Command Create()
    {
        var classes = OptionParsing.Number(
            "--classes", "Times one volume with this many classes.", DefaultClasses,
            number => number is >= 2 and <= 1000, "a whole number from 2 to 1000");
        var side = OptionParsing.Number(
            "--side", "Times one volume with this side.", DefaultSide,
            number => number is >= 8 and <= 512, "a whole number from 8 to 512");
        var loss = new Option<ChosenLoss?>("--loss")
        {
            Description = $"Times this loss instead of Dice + cross-entropy: {string.Join(", ", ChosenLoss.Words)}, or a sum as dice+bce.",
            CustomParser = OptionParsing.Parser(
                ChosenLoss.Parse, "--loss",
                $"some of {string.Join(", ", ChosenLoss.Words)} with plus signs between them, bce not with ce or topk, each once"),
        };
        var target = OptionParsing.OneOf(
            "--target", "What the target of that loss holds: class indices, a Bool one-hot, or probabilities.", ChosenContest.Targets);
        var command = new Command(
            "bench", "Times Dice + cross-entropy, or a loss of yours, and its gradient on this CPU against torch's own operations.")
        {
            classes, side, loss, target,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(target) is { Implicit: false } && result.GetResult(loss) is not { Implicit: false })
                result.AddError("--target goes with --loss: without it class indices are the target.");
        });
        command.SetAction(result =>
        {
            var isOneCase = result.GetResult(classes) is { Implicit: false } || result.GetResult(side) is { Implicit: false };
            LogitsCase[] cases = isOneCase ? [new LogitsCase(result.GetValue(classes), result.GetValue(side))] : Cases;
            if (result.GetValue(loss) is { } chosen)
                ChosenBench.Run(AnsiConsole.Console, cases, chosen, result.GetValue(target)!);
            else
                Run(AnsiConsole.Console, cases);
            return 0;
        });
        return command;
    }

    private static void Run(IAnsiConsole console, LogitsCase[] cases)
    {
        foreach (var @case in cases)
            CheckMemory(@case);
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in (string[])["C", "side", "fused", "eager", "CE", "floor", "eager / fused", "CE / fused", "fused / floor"])
            table.AddColumn(column, settings => settings.RightAligned());
        console.Status().Start("Measuring…", _ =>
        {
            LossContest.WarmUp(Contestants);
            foreach (var @case in cases)
                table.AddRow(Row(@case));
        });
        console.Write(table);
        console.WriteLine($"""
            Dice + cross-entropy and its gradient, float32 logits [1, C, side, side, side],
            int64 labels; ms, medians of {Rounds} alternating rounds with their quartiles. Values and gradients were
            compared first. eager: the same loss from torch's operations, the faster of two
            ways; CE: torch's cross_entropy alone; floor: the memory traffic of the loss
            without its arithmetic.

            """);
        console.WriteLine(new MachineFacts().ToString());
    }

    private static string[] Row(LogitsCase @case)
    {
        using var contest = new LossContest(@case);
        contest.Check();
        var times = AlternatingRunner.Run(Rounds, [.. Contestants.Select(name => (name, contest.RunOf(name)))])
            .ToDictionary(measurement => measurement.Contestant);
        var fused = times[LossContest.Fused];
        var eager = new[] { times[LossContest.EagerScatter], times[LossContest.EagerOneHot] }.MinBy(measurement => measurement.MedianMs)!;
        var (ce, floor) = (times[LossContest.CrossEntropy], times[LossContest.Floor]);
        return
        [
            Show(@case.Classes, "F0"), Show(@case.Side, "F0"), Show(fused), Show(eager), Show(ce), Show(floor),
            Show(eager.MedianMs / fused.MedianMs, "F1"), Show(ce.MedianMs / fused.MedianMs, "F1"),
            Show(fused.MedianMs / floor.MedianMs, "F2"),
        ];
    }

    /// <summary>Refuses a volume on which torch's operations would need more memory than there is.</summary>
    /// <exception cref="InputException">They would.</exception>
    public static void CheckMemory(LogitsCase @case)
    {
        var (needed, available) = (EagerTensors * @case.LogitsBytes, AvailableMemory.Bytes);
        if (needed > available)
        {
            throw new InputException(string.Create(
                CultureInfo.InvariantCulture,
                $"--classes {@case.Classes} --side {@case.Side}: torch's operations take up to {needed / 1e9:F1} GB"
                + $"; this machine has {available / 1e9:F1} GB."));
        }
    }

    public static string Show(Measurement time) => string.Create(
        CultureInfo.InvariantCulture, $"{time.MedianMs:F2} ({time.LowerQuartileMs:F2}–{time.UpperQuartileMs:F2})");

    public static string Show(double number, string format) => number.ToString(format, CultureInfo.InvariantCulture);
}
