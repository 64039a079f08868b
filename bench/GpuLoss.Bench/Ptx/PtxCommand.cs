using System.CommandLine;
using System.Globalization;
using GpuLoss.Bench.Prediction;
using GpuLoss.Cli.Commands;

namespace GpuLoss.Bench.Ptx;

/// <summary><c>ptx</c>: the device kernels as files, a table of what ptxas makes of them, and one of what they execute.</summary>
internal static class PtxCommand
{
    private const int ExitWrongUse = 2;
    private const int LeastSide = 8;
    private static readonly int[] Sides = [64, 128];

    public static int Run(string[] arguments)
    {
        var output = new Option<string?>("--out")
        {
            Description = "The folder that receives the PTX and index.json. With --run, the Markdown file; "
                + $"by default {PredictionFiles.DefaultPath}.",
        };
        var table = new Option<string?>("--table")
        {
            Description = "A Markdown file of registers and instructions. Takes ptxas and nvdisasm.",
        };
        var run = new Option<bool>("--run")
        {
            Description = "Executes the losses on the PTX machine and predicts their times on a GPU. Takes ptxas and nvdisasm.",
        };
        var only = new Option<string[]>("--only")
        {
            Description = "With --run: only rows whose names, like dice-ce/4x128/float32/uint8, have one of these parts, "
                + "separated by commas.",
            DefaultValueFactory = _ => [],
            CustomParser = OptionParsing.Parser(text => text.Split(','), "--only", "parts of names"),
        };
        var sides = new Option<int[]>("--sides")
        {
            Description = "With --run: the sides of the volumes.",
            DefaultValueFactory = _ => Sides,
            CustomParser = OptionParsing.Parser(ParseSides, "--sides", $"numbers from {LeastSide}, separated by commas")!,
        };
        var instructions = OptionParsing.Number(
            "--instructions", "With --run: about how many instructions of warps of a launch are executed; more blocks are left out, "
            + "and the counts scaled.", PredictionCommand.DefaultInstructions, number => number > 0, "a number above 0");
        var command = new RootCommand("Writes the PTX of every kernel that the library can pick, or executes it. Needs no GPU.")
        {
            output, table, run, only, sides, instructions,
        };
        command.SetAction(result => result.GetValue(run)
            ? PredictionCommand.Run(
                result.GetValue(output) ?? PredictionFiles.DefaultPath, result.GetValue(only)!, result.GetValue(sides)!,
                result.GetValue(instructions))
            : Write(result.GetValue(output), result.GetValue(table)));
        return command.Parse(arguments).Invoke();
    }

    private static int[]? ParseSides(string text)
    {
        int[] sides = [.. text.Split(',').Select(part => int.TryParse(part, CultureInfo.InvariantCulture, out var side) ? side : 0)];
        return Array.TrueForAll(sides, side => side >= LeastSide) ? sides : null;
    }

    private static int Write(string? folder, string? table)
    {
        if ((folder is null ? "ptx takes --out DIR, or --run." : table is null ? null : CudaTools.WhyNot) is { } reason)
        {
            Console.Error.WriteLine(reason);
            return ExitWrongUse;
        }

        Console.WriteLine($"Written: {PtxFiles.Write(folder!)}");
        if (table is not null)
        {
            File.WriteAllText(table, PtxTable.Of(folder!));
            Console.WriteLine($"Written: {table}");
        }

        return 0;
    }
}
