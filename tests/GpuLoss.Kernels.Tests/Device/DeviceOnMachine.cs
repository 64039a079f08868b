using System.Runtime.InteropServices;
using GpuLoss.Interop.Cuda;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;
using GpuLoss.PtxMachine;

namespace GpuLoss.Kernels.Tests.Device;

/// <summary>
/// Launches the device kernels on the PTX machine, in small blocks and as many of them as a test asks for: several blocks and runs of few
/// voxels. What the engine launches is tested with the engine.
/// </summary>
public sealed unsafe partial class DeviceOnMachine
{
    /// <summary>The environment variable that asks for all kernels.</summary>
    private const string AllKernels = "GPULOSS_ALL_KERNELS";

    private const int Warp = 32;

    /// <summary>More than one, so that a block adds up what its warps have.</summary>
    private const int Warps = 2;

    private readonly MachineDriver driver = new();
    private readonly CudaDevice device;

    public DeviceOnMachine() => device = new CudaDevice(driver, ordinal: 0, CompiledKernels.Of);

    /// <summary>Whether there is time for everything.</summary>
    internal static bool RunsAll => Environment.GetEnvironmentVariable(AllKernels) is not null;

    /// <summary>The threads of a block.</summary>
    internal static int Threads => Warps * Warp;

    /// <summary>What the launches took.</summary>
    internal IReadOnlyList<MachineLaunch> Launches => driver.Launches;

    internal DeviceResult Run(DeviceCase @case, LossDefinition loss, int blocks = 1, float lossGradient = 1)
    {
        var data = @case.Data;
        var shape = new LogitsShape(data.Samples, data.Classes, data.Voxels);
        var stride = new StatisticsLayout(data.Classes).Stride;
        var (reduce, spread) = (@case.Kernel(DeviceStep.Reduce), @case.Kernel(DeviceStep.Spread));
        var volume = @case.Volume.InVectors(reduce.Width);
        using var memory = new Memory(driver);
        var (logits, labels, weights) = (memory.Of(@case.LogitsBytes()), memory.Of(@case.LabelBytes()), memory.Of<double>(data.Weights));
        var (plan, none) = (memory.Of<double>(DiceCEDefinition.PlanOf(loss, data.Weights)), default(Buffer<float>));
        var partials = memory.New<double>(data.Samples * blocks * stride);
        var (statistics, value) = (memory.New<double>(data.Samples * stride), memory.New<float>(1));
        var (ofLoss, coefficients) = (memory.Of<float>([lossGradient]), memory.New<DeviceCoefficients>(data.Samples * data.Classes));
        var gradient = memory.New<byte>(logits.Length);

        var arguments = default(KernelArguments);
        Add(ref Add(ref Add(ref Add(ref Add(ref arguments.Value(logits.Address), labels), none), plan), partials), none).Value(volume);
        device.Launch(reduce, (blocks, data.Samples, 1), ThreadsOf(reduce), ref arguments);

        var score = DeviceKernel.Score(DeviceStep.ScoreLoss, loss.Overlap.IsTransformed);
        arguments = default;
        Add(ref Add(ref Add(ref Add(ref arguments, partials), weights), statistics), value).Value(loss).Value(shape).Value(blocks);
        device.Launch(score, (1, 1, 1), Threads, ref arguments);

        score = DeviceKernel.Score(DeviceStep.ScoreGradient, loss.Overlap.IsTransformed);
        arguments = default;
        Add(ref Add(ref Add(ref Add(ref arguments, statistics), weights), ofLoss), coefficients).Value(loss).Value(shape);
        device.Launch(score, (1, 1, 1), Warp, ref arguments);

        arguments = default;
        Add(ref Add(ref Add(ref Add(ref Add(ref arguments.Value(logits.Address), labels), none), plan), coefficients), none)
            .Value(gradient.Address).Value(volume);
        device.Launch(spread, (blocks, data.Samples, 1), ThreadsOf(spread), ref arguments);
        return new DeviceResult(statistics.Read(), value.Read()[0], @case.Gradient(gradient.Read()));
    }

    /// <summary>Warps that share the classes of a voxel cannot be fewer.</summary>
    private static int ThreadsOf(DeviceKernel kernel) => kernel.Parts > 1 ? kernel.Threads : Math.Min(Threads, kernel.Threads);

    private static ref KernelArguments Add<T>(ref KernelArguments arguments, Buffer<T> buffer)
        where T : unmanaged => ref arguments.View(buffer.Address, buffer.Length);

    /// <summary>Memory of a device that ends where it says.</summary>
    private readonly record struct Buffer<T>(nint Address, int Length)
        where T : unmanaged
    {
        public T[] Read() => new ReadOnlySpan<T>((void*)Address, Length).ToArray();
    }

    private sealed class Memory(MachineDriver driver) : IDisposable
    {
        private readonly List<nint> blocks = [];

        public Buffer<T> New<T>(int length)
            where T : unmanaged
        {
            if (length == 0)
                return default;
            nint address;
            Assert.Equal(0, driver.MemAlloc(&address, (nint)length * sizeof(T)));
            blocks.Add(address);
            return new Buffer<T>(address, length);
        }

        public Buffer<T> Of<T>(ReadOnlySpan<T> values)
            where T : unmanaged
        {
            var buffer = New<T>(values.Length);
            fixed (T* from = values)
                Assert.Equal(0, values.Length == 0 ? 0 : driver.MemcpyHtoD(buffer.Address, from, (nint)values.Length * sizeof(T)));
            return buffer;
        }

        public Buffer<byte> Of(byte[] values) => Of<byte>(values);

        public void Dispose() => blocks.ForEach(block => Assert.Equal(0, driver.MemFree(block)));
    }
}

/// <summary>What the four launches of a loss leave behind.</summary>
/// <param name="Statistics">[N, 3·C + 3].</param>
/// <param name="Loss">The loss.</param>
/// <param name="Gradient">[N, C, V], in this order whatever the layout, widened to float32.</param>
internal sealed record DeviceResult(double[] Statistics, float Loss, float[] Gradient);
