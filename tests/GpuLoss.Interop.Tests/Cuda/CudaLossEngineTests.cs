using System.Runtime.InteropServices;
using GpuLoss.Interop.Cuda;
using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Interop.Tests.Cuda;

/// <summary>The launch path against a stand-in for the driver. Nothing here runs on a GPU.</summary>
public sealed class CudaLossEngineTests : IDisposable
{
    private static readonly string[] KernelNames = ["Kernel_Kernel", "Loss", "Gradient"];
    private static readonly LossProblem Problem = EngineOnRecordingDriver.Problem;

    private readonly EngineOnRecordingDriver gpu = new();

    private RecordingDriver Driver => gpu.Driver;

    public void Dispose() => gpu.Dispose();

    [Fact]
    public void A_loss_is_two_launches_forward_and_two_backward_on_the_default_stream_of_the_primary_context()
    {
        gpu.Forward();
        gpu.Backward();

        Assert.Equal(["Kernel_Kernel", "Loss", "Gradient", "Kernel_Kernel"], Driver.Launches.Select(launch => Name(launch.Function)));
        Assert.All(Driver.Launches, launch => Assert.Equal((0, RecordingDriver.PrimaryContext), (launch.Stream, launch.Context)));
        Assert.Equal([(4, 2, 1), (1, 1, 1), (1, 1, 1), (4, 2, 1)], Driver.Launches.Select(launch => launch.Grid));
        Assert.Equal([256, 256, 32, 256], Driver.Launches.Select(launch => launch.Threads));
        Assert.Empty(RecordingDriver.ContextsOfThread);
    }

    [Fact]
    public void Nothing_waits_for_the_gpu_and_no_label_is_copied_but_the_counts()
    {
        gpu.Forward();
        gpu.Backward();
        Driver.Calls.Clear();
        gpu.Forward();
        gpu.Backward();
        string[] push = ["CtxPushCurrent"], pop = ["CtxPopCurrent"], launch = [.. push, "LaunchKernel", .. pop];
        Assert.Equal(
            [
                .. push, "EventQuery", .. pop, .. launch, .. launch, .. push, "Memcpy2DAsync", "EventRecord", .. pop,
                .. launch, .. launch,
            ],
            Driver.Calls);
    }

    [Fact]
    public void Arguments_lie_where_the_kernel_declares_them()
    {
        gpu.Forward();
        gpu.Backward();
        LaunchArguments.AssertFit(Driver.Launches[0], Wide(DeviceStep.Reduce));
        LaunchArguments.AssertFit(Driver.Launches[1], DeviceKernel.Score(DeviceStep.ScoreLoss, transformed: false));
        LaunchArguments.AssertFit(Driver.Launches[2], DeviceKernel.Score(DeviceStep.ScoreGradient, transformed: false));
        LaunchArguments.AssertFit(Driver.Launches[3], Wide(DeviceStep.Spread));

        // The logits' address; labels, no weights, plan, partials or coefficients, no values as (address, length); then the volume.
        long plan = new SumPlan(4).Length(Problem.Sums), labels = 2 * 4096 * sizeof(long);
        var reduce = MemoryMarshal.Cast<byte, long>(Driver.Launches[0].Arguments);
        Assert.Equal(
            [EngineOnRecordingDriver.Logits, EngineOnRecordingDriver.Target, labels, 0, 0, 0xA0000, plan, 0x40000], reduce[..8].ToArray());
        Assert.Equal((0, 0), (reduce[9], reduce[10]));
        var spread = MemoryMarshal.Cast<byte, long>(Driver.Launches[3].Arguments);
        Assert.Equal(
            [
                EngineOnRecordingDriver.Logits, EngineOnRecordingDriver.Target, labels, 0, 0, 0xA0000, plan,
                EngineOnRecordingDriver.Coefficients, 2 * 4, 0, 0, EngineOnRecordingDriver.Gradient,
            ],
            spread[..12].ToArray());
        var volume = DeviceVolume.Of(Problem.Shape, null, TargetKind.Labels, LabelType.Int64, -100, MaskKind.None).InVectors(4);
        Assert.Equal(new DeviceStrides(4 * 1024, 1024, 1), volume.Logits);
        Assert.Equal((volume, volume), (Volume(0), Volume(3)));
        var scoreLoss = Driver.Launches[1].Arguments;
        Assert.Equal(EngineOnRecordingDriver.Definition, MemoryMarshal.Read<LossDefinition>(scoreLoss.AsSpan(64)));
    }

    [Fact]
    public void Score_runs_by_itself_too()
    {
        gpu.Engine.Score(
            new ScoreCall(new ScoreProblem(EngineOnRecordingDriver.Definition, Problem.Shape, Problem.Logits),
                EngineOnRecordingDriver.Weights,
                EngineOnRecordingDriver.Loss),
            statistics: 0xA0000);
        LaunchArguments.AssertFit(Driver.Launches[0], DeviceKernel.Score(DeviceStep.ScoreLoss, transformed: false));

        // Statistics are partial sums of one block: two samples of 3·4 + 3 numbers.
        var scoreLoss = MemoryMarshal.Cast<byte, long>(Driver.Launches[0].Arguments);
        Assert.Equal([0xA0000, 30, 0x30000, 4, 0xA0000, 30, 0x60000, 1], scoreLoss[..8].ToArray());
        Assert.Equal(1, MemoryMarshal.Read<int>(Driver.Launches[0].Arguments.AsSpan()[^sizeof(int)..]));
    }

    [Fact]
    public void Kernels_that_take_fewer_are_told_the_number_of_classes()
    {
        gpu.Forward(Problem with { Shape = new LogitsShape(1, 40, 61) });
        LaunchArguments.AssertFit(
            Driver.Launches[0], new DeviceKernel(DeviceStep.Reduce, DeviceForm.Labels, 48, 1, LogitsType.Float32));
        Assert.Equal((2, 1, 1), Driver.Launches[0].Grid);
        Assert.Equal(40, Volume(0).Classes);
    }

    [Fact]
    public void A_kernel_is_loaded_once_for_all_threads()
    {
        Parallel.For(0, 8, _ =>
        {
            gpu.Forward();
            gpu.Backward();
            Assert.Empty(RecordingDriver.ContextsOfThread);
        });
        Assert.Equal(4, Driver.Alive["module"]);
        Assert.Single(Driver.Calls, "DevicePrimaryCtxRetain");
        Assert.Equal(32, Driver.Launches.Count);
    }

    [Fact]
    public async Task Backward_runs_on_another_thread_as_autograds()
    {
        gpu.Forward();
        await Task.Factory.StartNew(
            () =>
            {
                Assert.Empty(RecordingDriver.ContextsOfThread);
                gpu.Backward();
                Assert.Empty(RecordingDriver.ContextsOfThread);
            },
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Assert.Equal(4, Driver.Launches.Count);
        Assert.All(Driver.Launches, launch => Assert.Equal(RecordingDriver.PrimaryContext, launch.Context));
    }

    [Fact]
    public void Another_context_of_the_thread_is_current_again_afterwards()
    {
        using var second = new EngineOnRecordingDriver(ordinal: 1);
        RecordingDriver.ContextsOfThread.Push(0xBAD);
        second.Forward();
        Assert.Equal(RecordingDriver.PrimaryContext + 1, second.Driver.Launches[0].Context);
        Assert.Equal([0xBAD], RecordingDriver.ContextsOfThread);
    }

    [Theory]
    [InlineData("CtxPushCurrent", "cuCtxPushCurrent")]
    [InlineData("CtxPopCurrent", "cuCtxPopCurrent")]
    [InlineData("ModuleLoadDataEx", "cuModuleLoadDataEx of Reduce-Labels-4-classes-Float32-4-wide")]
    [InlineData("ModuleGetFunction", "cuModuleGetFunction of Reduce-Labels-4-classes-Float32-4-wide")]
    [InlineData("LaunchKernel", "cuLaunchKernel of Reduce-Labels-4-classes-Float32-4-wide")]
    [InlineData("EventCreate", "cuEventCreate")]
    [InlineData("MemHostAlloc", "cuMemHostAlloc")]
    [InlineData("Memcpy2DAsync", "cuMemcpy2DAsync")]
    [InlineData("EventRecord", "cuEventRecord")]
    public void A_failure_says_what_the_driver_says_and_leaves_nothing_behind(string call, string name)
    {
        Driver.Failures[call] = 700;
        var exception = Assert.Throws<CudaException>(() => gpu.Forward());
        Assert.StartsWith(name, exception.Message, StringComparison.Ordinal);
        Assert.Contains("failed: CUDA_ERROR_700 (700), made up for a test.", exception.Message, StringComparison.Ordinal);
        Assert.Equal((700, "CUDA_ERROR_700"), (exception.Error, exception.ErrorName));
        Assert.Empty(RecordingDriver.ContextsOfThread);

        Driver.Failures.Clear();
        Driver.Launches.Clear();
        gpu.Forward();
        gpu.Backward();
        Assert.Equal(4, Driver.Launches.Count);
        Assert.Equal((4, 1, 1), (Driver.Alive["module"], Driver.Alive["event"], Driver.Alive["host"]));
    }

    [Fact]
    public void A_failed_query_is_reported_and_the_next_forward_works()
    {
        gpu.Forward();
        Driver.Failures["EventQuery"] = 700;
        Assert.StartsWith("cuEventQuery failed", Assert.Throws<CudaException>(() => gpu.Forward()).Message, StringComparison.Ordinal);
        Assert.Empty(RecordingDriver.ContextsOfThread);
        Driver.Failures.Clear();
        gpu.Forward();
        Assert.Equal(1, Driver.Alive["host"]);
    }

    [Fact]
    public void Without_a_driver_a_cuda_tensor_is_told_what_is_missing()
    {
        Assert.SkipWhen(CudaDriver.TryGet(out _, out _), "A CUDA driver is installed here.");
        var exception = Assert.Throws<NotSupportedException>(() => CudaLossEngine.For(3));
        Assert.Contains("cuda:3", exception.Message, StringComparison.Ordinal);
        Assert.Contains("not installed", exception.Message, StringComparison.Ordinal);
    }

    private static DeviceKernel Wide(DeviceStep step) => new(step, DeviceForm.Labels, 4, 4, LogitsType.Float32);

    private DeviceVolume Volume(int launch) =>
        MemoryMarshal.Read<DeviceVolume>(Driver.Launches[launch].Arguments.AsSpan(^Marshal.SizeOf<DeviceVolume>()..));

    private static string Name(string function) => KernelNames.First(name => function.Contains(name, StringComparison.Ordinal));
}
