using System.CommandLine;
using System.CommandLine.Help;
using GpuLoss.Cli;
using GpuLoss.Cli.Commands;
using GpuLoss.Cli.Training;
using Spectre.Console;

const int ExitUsage = 2;
const int ExitWrongNetwork = 3;

// Wider than any line: only a terminal has an edge to wrap at, a file or a pipe has none.
const int WidthWithoutTerminal = 4096;

if (Console.IsOutputRedirected)
    AnsiConsole.Profile.Width = WidthWithoutTerminal;

// A RootCommand would call itself by the name of its file.
var root = new Command(
    "gpuloss", "Fused segmentation losses for TorchSharp: a training to watch, a comparison of the losses, a benchmark, and a doctor.")
{
    TrainCommand.Create(),
    CompareCommand.Create(),
    BenchCommand.Create(),
    DoctorCommand.Create(),
    new HelpOption(),
    new VersionOption(),
};
root.SetAction(_ => root.Parse("--help").Invoke());

var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    var words = parsed.Errors.SelectMany(error => error.Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    Console.Error.WriteLine(string.Join(' ', words));
    return ExitUsage;
}

try
{
    return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
}
catch (InputException exception)
{
    Console.Error.WriteLine(exception.Message);
    return ExitUsage;
}
catch (WrongNetworkException exception)
{
    Console.Error.WriteLine(exception.Message);
    return ExitWrongNetwork;
}
