using System.Text.Json;
using System.Text.Json.Serialization;
using GpuLoss.Bench.Gpu.Comparison;
using GpuLoss.Interop.Cuda;
using GpuLoss.PtxMachine;
using TorchSharp;

namespace GpuLoss.Bench.Gpu;

/// <summary>The device and the copy of this run, with the times of the library.</summary>
/// <param name="Copy">GB that a device copy reads and writes in a second.</param>
/// <param name="Times">Every size and type.</param>
internal sealed record GpuTimesResult(double Copy, IReadOnlyList<GpuTime> Times);

/// <summary>The steps of the proof, each in a process of its own: the program runs itself with the step's name and a file for the
/// answer.</summary>
internal static class GpuSteps
{
    /// <summary>The verb of a step.</summary>
    public const string Verb = "gpu-step";

    public const string Tests = "tests";
    public const string Machine = "machine";
    public const string Torch = "torch";
    public const string Times = "times";
    public const string HostTimes = "host-times";
    public const string Small = "small";

    private const string OutOfMemory = "CUDA_ERROR_OUT_OF_MEMORY";

    /// <summary>Problems of the small run, which a sanitizer slows down a hundredfold.</summary>
    private const int SmallProblems = 6;

    /// <summary>The form of all files.</summary>
    public static JsonSerializerOptions Json { get; } = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        PropertyNameCaseInsensitive = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>Runs a step here. The last line of the error output tells why it failed.</summary>
    public static int Run(string[] arguments)
    {
        var (step, file) = (arguments[0], arguments[1]);
        try
        {
            object answer = step switch
            {
                Tests => DeviceTestsOf(int.MaxValue).Concat(LargeTest()).ToArray(),
                Small => DeviceTestsOf(SmallProblems),
                Machine => ComparedProblems(CudaDevice.For(0).Driver),
                Torch => TorchTests.Run(Enum.Parse<DeviceType>(arguments[2])),
                Times => TimesOf(),
                HostTimes => GpuBenchmarks.Run(Path.Combine(Path.GetDirectoryName(file)!, "benchmarkdotnet")),
                _ => throw new ArgumentException($"Not a step: {step}.", nameof(arguments)),
            };
            File.WriteAllText(file, JsonSerializer.Serialize(answer, answer.GetType(), Json));
            return 0;
        }
#pragma warning disable CA1031 // Whatever goes wrong is what the report should say.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Console.Error.WriteLine(exception);
            Console.Error.WriteLine((exception.InnerException ?? exception).Message.TrimEnd().Split('\n')[0]);
            return 1;
        }
    }

    private static List<DeviceTestResult> DeviceTestsOf(int most)
    {
        var (device, engine) = (CudaDevice.For(0), CudaLossEngine.For(0));
        var results = new List<DeviceTestResult>();
        var problems = DeviceTests.Problems(engine).ToArray();
        var stride = Math.Max(1, problems.Length / most);
        foreach (var result in new DeviceTests(device).Run(engine, problems.Where((_, i) => i % stride == 0).Take(most)))
        {
            results.Add(result);
            if (result.Failure != null)
                Console.Error.WriteLine($"FAILED: {result.Name}: {result.Failure}");
        }

        return results;
    }

    private static IReadOnlyList<ComparedResult> ComparedProblems(ICudaDriver driver)
    {
        var results = new DriverComparison(driver, () => new MachineDriver()).Run(ComparedProblem.All());
        foreach (var result in results.Where(result => result.Failure != null))
            Console.Error.WriteLine($"FAILED: {result.Name}: {result.Failure}");
        return results;
    }

    private static IEnumerable<DeviceTestResult> LargeTest()
    {
        try
        {
            return [LargeVolumeTest.Run(CudaDevice.For(0), CudaLossEngine.For(0), LargeVolumeTest.RepetitionsBeyondInt)];
        }
        catch (CudaException exception) when (exception.ErrorName == OutOfMemory)
        {
            Console.Error.WriteLine($"No test beyond 2^31 elements: {exception.Message}");
            return [];
        }
    }

    private static GpuTimesResult TimesOf()
    {
        var (device, engine) = (CudaDevice.For(0), CudaLossEngine.For(0));
        var times = new List<GpuTime>();
        GpuTimes.WarmUp(device, engine);
        foreach (var type in GpuTimes.Types(engine))
        {
            foreach (var @case in GpuTimes.Cases)
            {
                Console.Error.WriteLine(GpuTimes.Name(@case, type));
                try
                {
                    times.Add(GpuTimes.Measure(device, engine, @case, type));
                }
                catch (CudaException exception) when (exception.ErrorName == OutOfMemory)
                {
                    Console.Error.WriteLine(exception.Message);
                }
            }
        }

        return new GpuTimesResult(GpuTimes.CopyBandwidth(device), times);
    }
}
