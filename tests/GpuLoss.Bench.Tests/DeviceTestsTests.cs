using GpuLoss.Bench.Gpu;
using GpuLoss.Cli.Benchmarking;
using GpuLoss.Interop.Cuda;
using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Bench.Tests;

/// <summary>The tests of the GPU program are right and can fail: shown with the host's kernels in the place of the GPU's.</summary>
public sealed class DeviceTestsTests
{
    public static TheoryData<Enum, Enum, bool, int, bool> Cases => new()
    {
        { LogitsType.Float32, LabelType.Int64, false, 4, false },
        { LogitsType.Float32, LabelType.UInt8, true, 3, true },
        { LogitsType.Float64, LabelType.Int32, false, 2, false },
        { LogitsType.Float16, LabelType.Int16, true, 5, false },
        { LogitsType.BFloat16, LabelType.Int8, false, 20, true },
        { LogitsType.Float32, LabelType.Int64, false, 130, false },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_is_right_passes(Enum logitsOf, Enum targetOf, bool channelsLast, int classes, bool squared)
    {
        var logits = (LogitsType)logitsOf;
        var target = (LabelType)targetOf;
        var problem = DeviceTestCase.ProblemOf(logits, target, channelsLast, classes, voxels: 515, squared);
        foreach (var (gamma, isConfident) in ((double, bool)[])[(0, false), (0, true), (2, false), (0.5, true)])
        {
            var result = Run(new HostAsGpu(), problem.With(problem.Loss with { FocalGamma = gamma }), isConfident);
            Assert.Null(result.Failure);
            Assert.InRange(result.GradientError, 0, 0.01);
        }
    }

    [Fact]
    public void A_wrong_gradient_fails()
    {
        var result = Run(new HostAsGpu { GradientFactor = 1.01f }, Problem(), isConfident: false);
        Assert.Contains("gradient off by", result.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_that_nobody_reports_fail()
    {
        var result = Run(new HostAsGpu { ReportsLabels = false }, Problem(), isConfident: false);
        Assert.Equal("invalid labels were not reported", result.Failure);
    }

    [Fact]
    public void Confident_logits_have_a_cross_entropy_like_a_trained_networks()
    {
        var @case = new DeviceTestCase(Problem(), isConfident: true);
        var layout = new StatisticsLayout(4);
        var weight = Enumerable.Range(0, 4).Sum(c => @case.Data.Weights[c] * @case.Statistics[layout.Target(0, c)]);
        Assert.InRange(@case.Statistics[layout.VoxelTerm(0)] / weight, 0.002, 0.03);
    }

    [Fact]
    public void Problems_take_every_kernel_of_the_catalogue_but_those_of_other_passes()
    {
        var engine = new CudaLossEngine(new HostAsGpu().Device);
        var problems = DeviceTests.Problems(engine).Select(problem => problem.Problem).ToList();
        var focal = problems.Where(problem => problem.Loss.FocalGamma != 0).SelectMany(KernelsOf);
        var kernels = DeviceKernelCatalogue.All.Where(kernel => kernel.IsScore || kernel.Form == DeviceForm.Labels).ToList();
        Assert.Empty(kernels.Where(kernel => !kernel.IsScore).Except(focal));
        Assert.Empty(kernels.Except(problems.SelectMany(KernelsOf)));
        foreach (var target in Enum.GetValues<LabelType>())
            Assert.Contains(problems, problem =>
                problem.Pass is { Logits: LogitsType.BFloat16, Layout: not null } pass && pass.Label == target);
    }

    [Theory]
    [InlineData(1f, true)]
    [InlineData(1.01f, false)]
    public void A_volume_of_repeated_blocks_is_known_to_float64(float factor, bool isRight)
    {
        var gpu = new HostAsGpu { GradientFactor = factor };
        var result = LargeVolumeTest.Run(gpu.Device, gpu, repetitions: factor == 1 ? 3 : 1);
        Assert.Equal(isRight, result.Failure is null);
        Assert.True(4L * 262_144 * LargeVolumeTest.RepetitionsBeyondInt > int.MaxValue);
    }

    [Fact]
    public void Times_count_the_bytes_of_the_floor()
    {
        var gpu = new HostAsGpu();
        var time = GpuTimes.Measure(gpu.Device, gpu, new LogitsCase(3, 16), LogitsType.BFloat16);
        Assert.Equal(4096 * (3 * 3 * 2 + 2 * 8), time.Bytes);
        Assert.Equal(time.Bytes / 1e6, time.GigabytesPerSecond); // the stand-in says 1 ms
        Assert.InRange(time.ExtraBytes, 1, 1000);
        Assert.True(time.Both.HostMicroseconds > time.Copy.HostMicroseconds);
    }

    private static IReadOnlyList<DeviceKernel> KernelsOf(DeviceProblem problem) => CudaLossEngine.KernelsOf(problem.Pass, problem.Loss);

    private static DeviceProblem Problem() =>
        DeviceTestCase.ProblemOf(LogitsType.Float32, LabelType.Int64, channelsLast: false, classes: 4, voxels: 515, squared: false);

    private static DeviceTestResult Run(HostAsGpu gpu, DeviceProblem problem, bool isConfident) =>
        Assert.Single(new DeviceTests(gpu.Device).Run(gpu, [(problem, isConfident)]));
}
