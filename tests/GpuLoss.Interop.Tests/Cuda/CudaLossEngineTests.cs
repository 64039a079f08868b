using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using GpuLoss.Interop.Cuda;
using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Interop.Tests.Cuda;

/// <summary>The launch path against a stand-in for the driver. Nothing here runs on a GPU.</summary>
public partial class CudaLossEngineTests
{
    private static readonly LossProblem Problem = new(
        new LossDefinition
        {
            CrossEntropyScale = 0.5,
            Overlap = new OverlapTerm { Combination = OverlapCombination.MeanOfRatios, Scale = 2, SmoothNumerator = 1e-5, FirstClass = 1 },
        },
        new LogitsShape(2, 4, 4096), LogitsType.Float32, LabelType.Int64, Layout: null, IgnoreIndex: -100, HasClassWeights: true);

    private static readonly string[] KernelNames = ["Kernel_Kernel", "Loss", "Gradient"];

    private readonly RecordingDriver driver = new();

    public CudaLossEngineTests() => RecordingDriver.ContextsOfThread.Clear();

    [Fact]
    public void A_loss_is_two_launches_forward_and_two_backward_on_the_default_stream_of_the_primary_context()
    {
        var engine = new CudaLossEngine(new CudaDevice(driver, 0, PtxCompiler.Shared.Compile));
        Forward(engine);
        Backward(engine);

        Assert.Equal(["Kernel_Kernel", "Loss", "Gradient", "Kernel_Kernel"], driver.Launches.Select(launch => Name(launch.Function)));
        Assert.All(driver.Launches, launch => Assert.Equal((0, RecordingDriver.PrimaryContext), (launch.Stream, launch.Context)));
        Assert.Equal([(4, 2, 1), (1, 1, 1), (1, 1, 1), (4, 2, 1)], driver.Launches.Select(launch => launch.Grid));
        Assert.Equal([256, 256, 32, 256], driver.Launches.Select(launch => launch.Threads));
        Assert.Empty(RecordingDriver.ContextsOfThread);
    }

    [Fact]
    public void Arguments_lie_where_the_kernel_declares_them()
    {
        var engine = new CudaLossEngine(new CudaDevice(driver, 0, PtxCompiler.Shared.Compile));
        Forward(engine);
        Backward(engine);
        AssertArguments(driver.Launches[0], new DeviceKernel(DeviceStep.Reduce, 4, 4, LogitsType.Float32, false));
        AssertArguments(driver.Launches[1], DeviceKernel.ScoreLoss);
        AssertArguments(driver.Launches[2], DeviceKernel.ScoreGradient);
        AssertArguments(driver.Launches[3], new DeviceKernel(DeviceStep.Spread, 4, 4, LogitsType.Float32, false));

        // The logits' address; labels, weights, partials as (address, length); vectors per sample, three strides each of logits, labels and gradient,
        // ignore_index, and the type of the labels below C.
        var reduce = MemoryMarshal.Cast<byte, long>(driver.Launches[0].Arguments);
        Assert.Equal([0x10000, 0x20000, 2 * 4096 * sizeof(long), 0x30000, 4, 0x40000], reduce[..6].ToArray());
        Assert.Equal(
            [1024, 4 * 1024, 1024, 1, 1024, 0, 1, 4 * 1024, 1024, 1, -100, (long)LabelType.Int64 | (4L << 32)], reduce[7..].ToArray());
        var scoreLoss = driver.Launches[1].Arguments;
        Assert.Equal(Problem.Definition, MemoryMarshal.Read<LossDefinition>(scoreLoss.AsSpan(64)));
    }

    [Fact]
    public void Chunked_kernels_are_told_the_number_of_classes()
    {
        var engine = new CudaLossEngine(new CudaDevice(driver, 0, PtxCompiler.Shared.Compile));
        Forward(engine, Problem with { Shape = new LogitsShape(1, 40, 61) });
        AssertArguments(driver.Launches[0], new DeviceKernel(DeviceStep.Reduce, DeviceKernel.AnyClasses, 1, LogitsType.Float32, false));
        Assert.Equal((1, 1, 1), driver.Launches[0].Grid);
        Assert.Equal(40, MemoryMarshal.Read<int>(driver.Launches[0].Arguments.AsSpan(^sizeof(int))));
    }

    [Fact]
    public void A_kernel_is_loaded_once_for_all_threads()
    {
        var engine = new CudaLossEngine(new CudaDevice(driver, 0, PtxCompiler.Shared.Compile));
        Parallel.For(0, 8, _ =>
        {
            Forward(engine);
            Backward(engine);
            Assert.Empty(RecordingDriver.ContextsOfThread);
        });
        Assert.Equal(4, driver.Modules);
        Assert.Equal(1, driver.Retained);
        Assert.Equal(32, driver.Launches.Count);
    }

    [Fact]
    public void Another_context_of_the_thread_is_current_again_afterwards()
    {
        RecordingDriver.ContextsOfThread.Push(0xBAD);
        Forward(new CudaLossEngine(new CudaDevice(driver, 1, PtxCompiler.Shared.Compile)));
        Assert.Equal(RecordingDriver.PrimaryContext + 1, driver.Launches[0].Context);
        Assert.Equal([0xBAD], RecordingDriver.ContextsOfThread);
    }

    [Theory]
    [InlineData("LaunchKernel", "cuLaunchKernel")]
    [InlineData("ModuleLoadData", "cuModuleLoadData")]
    public void A_failure_says_what_the_driver_says_and_the_next_call_works(string call, string name)
    {
        var engine = new CudaLossEngine(new CudaDevice(driver, 0, PtxCompiler.Shared.Compile));
        driver.Failures[call] = 700;
        var exception = Assert.Throws<CudaException>(() => Forward(engine));
        Assert.Contains(name, exception.Message, StringComparison.Ordinal);
        Assert.Contains("CUDA_ERROR_700 (700), made up for a test", exception.Message, StringComparison.Ordinal);
        Assert.Equal((700, "CUDA_ERROR_700"), (exception.Error, exception.ErrorName));
        Assert.Empty(RecordingDriver.ContextsOfThread);

        driver.Failures.Clear();
        driver.Launches.Clear();
        Forward(engine);
        Assert.Equal(2, driver.Launches.Count);
    }

    [Fact]
    public void Without_a_driver_a_cuda_tensor_is_told_what_is_missing()
    {
        Assert.SkipWhen(CudaDriver.TryGet(out _, out _), "A CUDA driver is installed here.");
        var exception = Assert.Throws<NotSupportedException>(() => CudaLossEngine.For(3));
        Assert.Contains("cuda:3", exception.Message, StringComparison.Ordinal);
        Assert.Contains("not installed", exception.Message, StringComparison.Ordinal);
    }

    private static void Forward(CudaLossEngine engine, LossProblem? problem = null) =>
        engine.Forward(problem ?? Problem, 0x10000, 0x20000, 0x30000, 0x40000, 0x50000, 0x60000);

    private static void Backward(CudaLossEngine engine) =>
        engine.Backward(Problem, 0x10000, 0x20000, 0x30000, 0x50000, 0x60000, 0x70000, 0x80000);

    private static string Name(string function) => KernelNames.First(name => function.Contains(name, StringComparison.Ordinal));

    /// <summary>The size that the parameters take in the kernel's own declaration.</summary>
    private static void AssertArguments(RecordedLaunch launch, DeviceKernel kernel)
    {
        var ptx = PtxCompiler.Shared.Compile(kernel).Text;
        var entry = ptx[ptx.IndexOf(".entry", StringComparison.Ordinal)..];
        var size = 0;
        foreach (Match parameter in Parameter().Matches(entry[..entry.IndexOf(')', StringComparison.Ordinal)]))
        {
            var bits = parameter.Groups["bits"].Value;
            var bytes = parameter.Groups["length"].Success
                ? int.Parse(parameter.Groups["length"].Value, CultureInfo.InvariantCulture)
                : int.Parse(bits, CultureInfo.InvariantCulture) / 8;
            var alignment = parameter.Groups["align"].Success ? int.Parse(parameter.Groups["align"].Value, CultureInfo.InvariantCulture) : bytes;
            size = (size + alignment - 1) / alignment * alignment + bytes;
        }

        Assert.NotEqual(0, size);
        Assert.Equal(size, launch.Arguments.Length);
    }

    [GeneratedRegex(@"\.param\s+(\.align\s+(?<align>\d+)\s+)?\.[bsuf](?<bits>\d+)\s+\w+(\[(?<length>\d+)\])?")]
    private static partial Regex Parameter();
}
