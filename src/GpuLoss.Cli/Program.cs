using System.CommandLine;
using GpuLoss.Cli;
using GpuLoss.Cli.Commands;
using GpuLoss.Cli.Training;

const int ExitUsage = 2;
const int ExitWrongNetwork = 3;

var root = new RootCommand("Fused segmentation losses for TorchSharp: a training to watch, a comparison of the losses, a benchmark, and a doctor.")
{
    TrainCommand.Create(),
    CompareCommand.Create(),
    BenchCommand.Create(),
    DoctorCommand.Create(),
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
