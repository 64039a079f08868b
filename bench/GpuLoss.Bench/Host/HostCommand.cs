using System.CommandLine;
using GpuLoss.Cli.Benchmarking;
using GpuLoss.Cli.Commands;
using GpuLoss.Cli.Reporting;

namespace GpuLoss.Bench.Host;

/// <summary><c>host</c>: the whole comparison on the CPU, or single cases and contestants of it while a kernel is worked on.</summary>
internal static class HostCommand
{
    private const int DefaultRounds = 15;
    private static readonly string Folder = Path.Combine("bench", "results");

    /// <summary>Few classes and many, in the caches and beyond them.</summary>
    public static IReadOnlyList<LogitsCase> Cases { get; } =
        [new(2, 128), new(3, 64), new(4, 96), new(4, 128), new(14, 96), new(32, 64), new(105, 48)];

    /// <summary>What the losses of shapes are measured on. Pooling keeps 6 GB for its backward on 4x128.</summary>
    private static (LogitsCase Case, string[] Contestants)[] ShapeCases { get; } =
    [
        (new(4, 128), [.. ShapeContest.Names.Where(name => !IsCenterline(name) && !IsBlob(name))]),
        (new(4, 96), [.. ShapeContest.Names.Where(IsCenterline)]), (new(2, 128), [.. ShapeContest.Names.Where(IsBlob)]),
    ];

    public static int Run(string[] arguments)
    {
        var cases = new Option<IReadOnlyList<LogitsCase>>("--cases")
        {
            Description = "Only these: classes x side of the cube.",
            DefaultValueFactory = _ => Cases,
            CustomParser = OptionParsing.Parser(ParseCases, "--cases", "like 4x128,2x128, with 2 classes and a side of 8 or more"),
        };
        var only = new Option<IReadOnlyList<string>>("--only")
        {
            Description = $"Only these contestants: {string.Join(',', LossContest.Names)}.",
            DefaultValueFactory = _ => LossContest.Names,
            CustomParser = OptionParsing.Parser(ParseContestants, "--only", $"some of {string.Join(',', LossContest.Names)}"),
        };
        var rounds = OptionParsing.Number(
            "--rounds", "Alternating rounds.", DefaultRounds, number => number >= 1, "a whole number, 1 or more");
        var shapes = new Option<bool>("--shapes") { Description = "The losses of shapes instead, on 4x128, 4x96 and 2x128." };
        var command = new RootCommand(
            $"Compares the losses with torch's own operations on the CPU and writes the results into {Folder}. "
            + "With --cases or --only it prints times and no more.")
        {
            cases, only, rounds, shapes,
        };
        command.SetAction(result =>
        {
            if (result.GetValue(shapes))
                CompareShapes(result.GetValue(rounds));
            else if (result.GetResult(cases) is { Implicit: true } && result.GetResult(only) is { Implicit: true })
                Compare(result.GetValue(rounds));
            else
                CompareSome(result.GetValue(cases)!, result.GetValue(only)!, result.GetValue(rounds));
        });
        return command.Parse(arguments).Invoke();
    }

    private static void Compare(int rounds)
    {
        var results = new HostResults(
            new MachineFacts(), Measuring.PageTouch(), rounds, Measuring.Times(Cases, LossContest.Names, rounds),
            Measuring.PeakMemory(Cases), Measuring.CallCost(rounds));
        Console.WriteLine(HostTables.Of(results));
        Console.WriteLine($"Written to {HostFiles.Write(Folder, results)}.md, .json and .png");
    }

    private static void CompareShapes(int rounds)
    {
        var times = ShapeCases.Select(one => Measuring.Shapes(one.Case, one.Contestants, rounds)).ToArray();
        var memory = ShapeCases.SelectMany(one => one.Contestants.Select(name => Measuring.ShapeMemory(one.Case, name))).ToArray();
        var table = ShapeTables.Of(new MachineFacts(), times, memory, rounds);
        Console.WriteLine(table);
        Console.WriteLine($"Written to {HostFiles.WriteShapes(Folder, new MachineFacts(), table)}");
    }

    private static bool IsBlob(string name) => name is ShapeContest.Blob or ShapeContest.EagerBlob;

    private static bool IsCenterline(string name) => name is ShapeContest.Centerline or ShapeContest.EagerCenterline;

    private static void CompareSome(IReadOnlyList<LogitsCase> cases, IReadOnlyList<string> contestants, int rounds)
    {
        var times = Measuring.Times(cases, contestants, rounds);
        Console.WriteLine(HostTables.DiceCE(times));
        Console.WriteLine(HostTables.CrossEntropy(times));
        Console.WriteLine(HostTables.Targets(times));
        Console.WriteLine(HostTables.Variants(times));
    }

    private static IReadOnlyList<LogitsCase>? ParseCases(string text)
    {
        var cases = text.Split(',').Select(LogitsCase.Parse).OfType<LogitsCase>().ToArray();
        return cases.Length == text.Split(',').Length ? cases : null;
    }

    private static IReadOnlyList<string>? ParseContestants(string text)
    {
        var names = text.Split(',');
        return names.All(LossContest.Names.Contains) ? names : null;
    }
}
