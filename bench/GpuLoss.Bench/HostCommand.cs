using System.CommandLine;
using GpuLoss.Cli.Benchmarking;

namespace GpuLoss.Bench;

/// <summary><c>host</c>: the whole comparison on the CPU, or single cases and contestants of it while a kernel is tuned.</summary>
internal static class HostCommand
{
    private const int DefaultRounds = 21;
    private const string Folder = "bench/results";

    private static readonly LogitsCase[] AllCases =
        [new(2, 128), new(3, 64), new(4, 96), new(4, 128), new(14, 96), new(32, 64), new(105, 48)];

    public static int Run(string[] arguments)
    {
        var cases = new Option<LogitsCase[]>("--cases")
        {
            Description = "Only these, as in 4x128,2x128 (classes x side of the cube).",
            DefaultValueFactory = _ => AllCases,
            CustomParser = result => [.. result.Tokens.SelectMany(token => token.Value.Split(',')).Select(LogitsCase.Parse)],
        };
        var only = new Option<string[]>("--only")
        {
            Description = $"Only these contestants: {string.Join(", ", LossContest.Names)}.",
            DefaultValueFactory = _ => [.. LossContest.Names],
            CustomParser = result => [.. result.Tokens.SelectMany(token => token.Value.Split(','))],
        };
        var rounds = new Option<int>("--rounds") { Description = "Alternating rounds.", DefaultValueFactory = _ => DefaultRounds };
        var command = new RootCommand("Dice + cross-entropy on the CPU against torch's own operations. With an option, times only, and no files.")
        {
            cases, only, rounds,
        };
        command.SetAction(result =>
        {
            Console.WriteLine(HostTable.Of(Measuring.Times(result.GetValue(cases)!, result.GetValue(only)!, result.GetValue(rounds))));
        });
        return command.Parse(arguments).Invoke();
    }
}
