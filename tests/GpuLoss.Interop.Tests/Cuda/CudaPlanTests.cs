using System.Runtime.InteropServices;
using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Interop.Tests.Cuda;

/// <summary>The launches of any plan against a stand-in for the driver. Nothing here runs on a GPU.</summary>
public sealed class CudaPlanTests : IDisposable
{
    private static readonly LossProblem Problem = EngineOnRecordingDriver.ThreeSums;

    private readonly EngineOnRecordingDriver gpu = new();

    private RecordingDriver Driver => gpu.Driver;

    public void Dispose() => gpu.Dispose();

    [Fact]
    public void A_reduction_is_two_launches_and_a_gradient_is_one()
    {
        gpu.Reduce(Problem);
        gpu.Spread(Problem);
        LaunchArguments.AssertFit(Driver.Launches[0], Loop(DeviceStep.Reduce));
        LaunchArguments.AssertFit(Driver.Launches[1], DeviceKernel.Score(DeviceStep.ScoreLoss, transformed: false));
        LaunchArguments.AssertFit(Driver.Launches[2], Loop(DeviceStep.Spread));
        Assert.Equal([(4, 2, 1), (1, 1, 1), (32, 2, 1)], Driver.Launches.Select(launch => launch.Grid));
        Assert.Equal([128, 256, 128], Driver.Launches.Select(launch => launch.Threads));
        Assert.All(Driver.Launches, launch => Assert.Equal((0, RecordingDriver.PrimaryContext), (launch.Stream, launch.Context)));
        Assert.Empty(RecordingDriver.ContextsOfThread);
    }

    [Fact]
    public void Nothing_waits_for_the_gpu()
    {
        gpu.Reduce(Problem);
        gpu.Spread(Problem);
        Driver.Calls.Clear();
        gpu.Reduce(Problem);
        gpu.Spread(Problem);
        string[] push = ["CtxPushCurrent"], pop = ["CtxPopCurrent"], launch = [.. push, "LaunchKernel", .. pop];
        Assert.Equal(
            [.. push, "EventQuery", .. pop, .. launch, .. launch, .. push, "Memcpy2DAsync", "EventRecord", .. pop, .. launch],
            Driver.Calls);
    }

    [Fact]
    public void Arguments_lie_where_the_kernels_declare_them()
    {
        const long partials = 3 * 2 * 15 * 4, voxels = 2 * 4096, elements = 4 * voxels, planLength = 3 * (7 + 2 * 4);
        gpu.Reduce(Problem);
        gpu.Spread(Problem);
        Assert.Equal(partials + 1, gpu.Engine.ScratchElements(Problem));

        // Addresses of logits, and of views with their lengths; then the volume.
        var reduce = Longs(0);
        Assert.Equal(
            [
                0x10000, 0x20000, voxels * sizeof(short), 0x90000, voxels * sizeof(float), 0xA0000, planLength, 0x40000, partials, 0xB0000,
                elements,
            ],
            reduce[..11].ToArray());
        Assert.Equal(Volume(valueSum: 1, valuesPerClass: 1), Volume(Driver.Launches[0]));
        var score = Longs(1);
        Assert.Equal([0x40000, partials, 0, 0, gpu.Statistics, 6 * 15, 0x40000 + partials * sizeof(double), 1], score[..8].ToArray());
        Assert.Equal(default, MemoryMarshal.Read<LossDefinition>(Driver.Launches[1].Arguments.AsSpan(64)));
        var spread = Longs(2);
        Assert.Equal(
            [
                0x10000, 0x20000, voxels * sizeof(short), 0x90000, voxels * sizeof(float), 0xA0000, planLength, 0x70000, 3 * 2 * 4,
                0xB0000, elements,
                0x80000,
            ],
            spread[..12].ToArray());
        Assert.Equal(Volume(valueSum: 1, valuesPerClass: 1), Volume(Driver.Launches[2]));
    }

    [Fact]
    public void What_a_problem_does_not_have_is_empty()
    {
        var problem = Problem with { Target = TargetKind.Float32, Mask = MaskKind.None, HasValues = false };
        gpu.Reduce(problem);
        gpu.Spread(problem);
        Assert.Equal([0x20000, 4 * 2 * 4096 * sizeof(float), 0, 0], Longs(0)[1..5].ToArray());
        Assert.Equal(0, Longs(0)[10]);
        Assert.Equal(0, Longs(2)[10]);
        Assert.Equal(DeviceVolume.NoValues, Volume(Driver.Launches[0]).ValueSum);

        // Neither labels nor weights: there is nothing to count.
        Assert.DoesNotContain("Memcpy2DAsync", Driver.Calls);
    }

    /// <summary>Values and their derivatives lie elsewhere than logits and gradient do.</summary>
    [Theory]
    [InlineData(0, 4)]
    [InlineData(4, 1)]
    public void Kernels_are_as_wide_as_the_addresses_of_values_allow(int offset, int width)
    {
        var problem = EngineOnRecordingDriver.Problem with { HasValues = true };
        var values = EngineOnRecordingDriver.Values + offset;
        gpu.Engine.Reduce(problem, EngineOnRecordingDriver.Tensors, EngineOnRecordingDriver.Scratch, gpu.Statistics, values, score: null);
        gpu.Engine.Spread(
            problem, EngineOnRecordingDriver.Tensors, EngineOnRecordingDriver.Coefficients, values, EngineOnRecordingDriver.Gradient);
        Assert.Equal(problem.Shape.Voxels / width, Volume(Driver.Launches[0]).Vectors);
        Assert.Equal(problem.Shape.Voxels / width, Volume(Driver.Launches[2]).Vectors);
    }

    [Theory]
    [InlineData(4, TargetKind.Labels, MaskKind.None, "target", "target must hold labels from 0 to 3 or ignore_index = -100;")]
    [InlineData(1, TargetKind.Labels, MaskKind.None, "target", "target must hold labels from 0 to 1 or ignore_index = -100;")]
    [InlineData(
        4, TargetKind.Labels, MaskKind.Float32, "target",
        "target must hold labels from 0 to 3 or ignore_index = -100, and mask weights that are finite and not negative;")]
    [InlineData(4, TargetKind.UInt8, MaskKind.Float32, "mask", "mask must hold weights that are finite and not negative;")]
    [InlineData(4, TargetKind.UInt8, MaskKind.None, "target", "target must hold numbers from 0 to 1;", true, 4)]
    [InlineData(
        4, TargetKind.Float32, MaskKind.UInt8, "target",
        "target must hold numbers from 0 to 1, and mask weights that are finite and not negative;", true, 4)]
    public void The_next_forward_reports_invalid_targets_and_weights(
        int classes, Enum targetOf, Enum maskOf, string argument, string rule, bool checksTarget = false, int perVoxel = 1)
    {
        var target = (TargetKind)targetOf;
        var mask = (MaskKind)maskOf;
        var problem = Problem with
        {
            Shape = Problem.Shape with { Classes = classes },
            Target = target,
            Mask = mask,
            ChecksTarget = checksTarget
        };
        gpu.Reduce(problem, 2, 3);
        Assert.Equal(checksTarget ? 1 : 0, Volume(Driver.Launches[0]).ChecksTarget);
        Driver.Launches.Clear();
        var exception = Assert.Throws<ArgumentException>(() => gpu.Reduce(Problem));
        Assert.Equal(argument, exception.ParamName);
        Assert.StartsWith(rule, exception.Message, StringComparison.Ordinal);
        Assert.Contains($"cuda:0 5 of {perVoxel * 8192}", exception.Message, StringComparison.Ordinal);
        Assert.Empty(Driver.Launches);
        gpu.Reduce(Problem);
        gpu.Engine.CheckLabels();
    }

    [Fact]
    public void A_reduction_reports_itself_where_asked_to()
    {
        Driver.IsBusy = true;
        Assert.Throws<ArgumentException>(() => gpu.Reduce(Problem with { ChecksLabelsAtOnce = true }, 1));
        Assert.Contains("EventSynchronize", Driver.Calls);
    }

    [Theory]
    [InlineData(LogitsType.BFloat16, TargetKind.UInt8, MaskKind.UInt8, true)]
    [InlineData(LogitsType.Float16, TargetKind.Labels, MaskKind.None, true)]
    [InlineData(LogitsType.Float64, TargetKind.Labels, MaskKind.None, false)]
    [InlineData(LogitsType.Float32, TargetKind.Float64, MaskKind.None, false)]
    [InlineData(LogitsType.Float32, TargetKind.Float16, MaskKind.None, true)]
    [InlineData(LogitsType.Float32, TargetKind.BFloat16, MaskKind.Bool, true)]
    [InlineData(LogitsType.Float32, TargetKind.Float32, MaskKind.Float64, false)]
    public void Types_that_the_kernels_do_not_read_are_not_taken(Enum logitsOf, Enum targetOf, Enum maskOf, bool isTaken) =>
        Assert.Equal(isTaken,
            gpu.Engine.Takes(Problem with { Logits = (LogitsType)logitsOf, Target = (TargetKind)targetOf, Mask = (MaskKind)maskOf }));

    private static DeviceKernel Loop(DeviceStep step) => new(step, DeviceForm.Loop, DeviceKernel.AnyClasses, 1, LogitsType.Float32);

    private static DeviceVolume Volume(int valueSum, int valuesPerClass) =>
        DeviceVolume.Of(Problem.Shape, layout: null, Problem.Target, Problem.Label, Problem.IgnoreIndex, Problem.Mask) with
        {
            Sums = Problem.Sums.Count,
            ValueSum = valueSum,
            ValuesPerClass = valuesPerClass,
        };

    private static DeviceVolume Volume(RecordedLaunch launch) =>
        MemoryMarshal.Read<DeviceVolume>(launch.Arguments.AsSpan(^Marshal.SizeOf<DeviceVolume>()..));

    private ReadOnlySpan<long> Longs(int launch) => MemoryMarshal.Cast<byte, long>(Driver.Launches[launch].Arguments);
}
