using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using GpuLoss.Bench.Gpu.Comparison;
using GpuLoss.Bench.Prediction;
using GpuLoss.Cli.Commands;
using GpuLoss.Cli.Reporting;
using GpuLoss.Interop.Cuda;

namespace GpuLoss.Bench.Gpu;

/// <summary><c>gpu</c>: proves and times the library on the first GPU of this machine, beside PyTorch. Needs no .NET and no
/// network.</summary>
internal static class GpuCommand
{
    private const int ExitFailed = 1;
    private const int ExitNoGpu = 2;
    private const int PeerRounds = 30;
    private const string Train = "train";
    private const string Peers = "peers";
    private const string Sanitizer = "sanitizer";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    private static readonly string[] Steps =
        [GpuSteps.Tests, GpuSteps.Machine, GpuSteps.Torch, Train, GpuSteps.Times, GpuSteps.HostTimes, Peers, Sanitizer];

    public static int Run(string[] arguments)
    {
        var output = new Option<string>("--out") { Description = "Folder of the results.", DefaultValueFactory = _ => "gpu-results" };
        var only = new Option<IReadOnlyList<string>>("--only")
        {
            Description = $"Only these steps: {string.Join(',', Steps)}.",
            DefaultValueFactory = _ => Steps,
            CustomParser = OptionParsing.Parser(ParseSteps, "--only", $"some of {string.Join(',', Steps)}"),
        };
        var command = new RootCommand(
            "Tests every kernel on the GPU against float64 and against the same PTX executed on the host, TorchSharp over Python's "
            + "libtorch and a training; times the losses beside PyTorch; runs compute-sanitizer. Python is python3, or "
            + $"{PythonTorch.ProgramVariable}. Exit codes: 0 all well, {ExitFailed} something failed, {ExitNoGpu} no GPU.")
        {
            output, only,
        };
        command.SetAction(result => WhyNoGpu() is { } reason
            ? NoGpu(reason)
            : Prove(Path.GetFullPath(result.GetValue(output)!), result.GetValue(only)!));
        return command.Parse(arguments).Invoke();
    }

    private static IReadOnlyList<string>? ParseSteps(string text)
    {
        var steps = text.Split(',');
        return steps.All(Steps.Contains) ? steps : null;
    }

    private static string? WhyNoGpu()
    {
        if (!CudaDriver.TryGet(out var driver, out var whyNot))
            return whyNot;
        try
        {
            return CudaDevice.Count(driver) == 0 ? "the CUDA driver finds none" : null;
        }
        catch (CudaException exception)
        {
            return exception.Message;
        }
    }

    private static int NoGpu(string reason)
    {
        Console.Error.WriteLine($"No GPU: {reason}.");
        return ExitNoGpu;
    }

    private static int Prove(string folder, IReadOnlyList<string> steps)
    {
        Directory.CreateDirectory(folder);
        var (python, whyNoTorch) =
            PythonTorch.Find(Environment.GetEnvironmentVariable(PythonTorch.ProgramVariable) ?? PythonTorch.DefaultProgram);
        T? Asked<T>(string step, Func<T?> run)
            where T : class
        {
            if (!steps.Contains(step))
                return null;
            Console.Error.WriteLine($"== {step}");
            return run();
        }

        StepResult<T> WithTorch<T>(Func<PythonTorch, StepResult<T>> run)
            where T : class => python is null ? new StepResult<T>(null, whyNoTorch) : run(python);

        var results = new GpuResults(Machine(python?.Version ?? "none"))
        {
            Tests = Asked(GpuSteps.Tests, () => Failing(
                Ask<IReadOnlyList<DeviceTestResult>>(folder, GpuSteps.Tests, null), result => result.Name, result => result.Failure)),
            Compared = Asked(GpuSteps.Machine, () => Failing(
                Ask<IReadOnlyList<ComparedResult>>(folder, GpuSteps.Machine, null), result => result.Name, result => result.Failure)),
            Torch = Asked(GpuSteps.Torch, () => Failing(
                WithTorch(torch => Ask<IReadOnlyList<TorchTestResult>>(folder, GpuSteps.Torch, torch.LoaderPath(), "CUDA")),
                result => result.Name, result => result.Failure)),
            Training = Asked(Train, () => WithTorch(torch => Training(folder, torch))),
            Times = Asked(GpuSteps.Times, () => Ask<GpuTimesResult>(folder, GpuSteps.Times, null)),
            HostTimes = Asked(GpuSteps.HostTimes, () => Ask<IReadOnlyDictionary<string, double>>(folder, GpuSteps.HostTimes, null)),
            Peers = Asked(Peers, () => WithTorch(MeasurePeers)),
            Sanitizer = Asked(Sanitizer, () => ComputeSanitizer.Run(folder)),
        };
        results = results with { Predicted = ComparedTime.Of(PredictionFiles.Newest(PredictionFiles.Committed), results) };
        Console.WriteLine(GpuTables.Of(results));
        Console.WriteLine($"Written to {Write(folder, results)}.md, .json and .png");
        var failures = results.Failures().ToArray();
        foreach (var failure in failures)
            Console.Error.WriteLine($"FAILED: {failure}");
        return failures.Length == 0 ? 0 : ExitFailed;
    }

    private static GpuMachine Machine(string torch)
    {
        var device = CudaDevice.For(0);
        return new GpuMachine(
            device.Describe(), CudaDevice.Version(device.Driver), MachineFacts.ReadProcessor(), Versions.GpuLoss,
            Environment.Version.ToString(), torch,
            DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
    }

    /// <summary>Runs a step in a process of its own.</summary>
    private static StepResult<T> Ask<T>(string folder, string step, IReadOnlyDictionary<string, string>? environment, params string[] more)
        where T : class
    {
        var file = Path.Combine(folder, $"{step}.json");
        var result = Child.Run(Environment.ProcessPath!, [GpuSteps.Verb, step, file, .. more], Limit, environment);
        return result.Failure is { } failure
            ? new StepResult<T>(null, failure)
            : new StepResult<T>(JsonSerializer.Deserialize<T>(File.ReadAllText(file), GpuSteps.Json), null);
    }

    /// <summary>A step of many checks fails where one of them did.</summary>
    private static StepResult<IReadOnlyList<T>> Failing<T>(
        StepResult<IReadOnlyList<T>> step, Func<T, string> name, Func<T, string?> failure)
    {
        var failed = (step.Value ?? []).Where(result => failure(result) != null).ToArray();
        return failed.Length == 0
            ? step
            : step with
            {
                Failure =
                $"{failed.Length} of {step.Value!.Count} failed, the first is {name(failed[0])}: {failure(failed[0])}"
            };
    }

    private static StepResult<string> Training(string folder, PythonTorch torch)
    {
        var result = Child.Run(
            Path.Combine(AppContext.BaseDirectory, "GpuLoss.Cli"),
            ["train", "--device", "cuda", "--steps", "200", "--out", Path.Combine(folder, "training")], Limit, torch.LoaderPath());
        File.WriteAllText(Path.Combine(folder, "training.log"), result.Output + result.Error);
        return new StepResult<string>(result.Failure is null ? "done, see training/" : null, result.Failure);
    }

    private static StepResult<PeerTimes> MeasurePeers(PythonTorch torch)
    {
        var result = Child.Run(
            torch.Program,
            [
                Path.Combine(AppContext.BaseDirectory, "peers", "measure.py"), "--cases", string.Join(',', GpuTimes.Cases), "--rounds",
                PeerRounds.ToString(CultureInfo.InvariantCulture),
            ],
            Limit);
        return result.Failure is { } failure
            ? new StepResult<PeerTimes>(null, failure)
            : new StepResult<PeerTimes>(JsonSerializer.Deserialize<PeerTimes>(result.Output, GpuSteps.Json), null);
    }

    /// <summary>Writes Markdown, JSON and the chart.</summary>
    /// <returns>Their path without an ending: it names GPU and date.</returns>
    internal static string Write(string folder, GpuResults results)
    {
        var words = results.Machine.Gpu.Split(',')[0].ToLowerInvariant().Split(' ');
        var path = Path.Combine(folder, $"{string.Join('-', words)}-{results.Machine.Date}");
        File.WriteAllText(path + ".md", GpuTables.Of(results));
        File.WriteAllText(path + ".json", JsonSerializer.Serialize(results, GpuSteps.Json) + "\n");
        if (results.Times?.Value is { } times)
            RooflineChart.Save(path + ".png", results.Machine, times, results.Peers?.Value);
        return path;
    }
}
