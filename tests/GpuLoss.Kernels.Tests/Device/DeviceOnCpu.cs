using System.Reflection;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

namespace GpuLoss.Kernels.Tests.Device;

/// <summary>
/// Runs the device kernels on ILGPU's CPU accelerator, in small blocks. A thread of the device is one of the operating system there, and all of
/// a warp meet at every shuffle: their waiting for each other is what takes long. Warps are narrow therefore, except at night and where a test asks for
/// whole ones.
/// </summary>
public sealed partial class DeviceOnCpu : IDisposable
{
    /// <summary>The environment variable that asks for all kernels, and for the warps that a GPU has.</summary>
    private const string AllKernels = "GPULOSS_ALL_KERNELS";

    /// <summary>The lanes of a warp on a GPU.</summary>
    internal const int WholeWarp = 32;

    /// <summary>Three steps of a butterfly, of the five of a whole warp.</summary>
    private const int NarrowWarp = 8;

    /// <summary>More than one, so that a block adds up what its warps have.</summary>
    private const int Warps = 2;

    private readonly int warpThreads;
    private readonly Context context;
    private readonly Accelerator accelerator;

    public DeviceOnCpu()
        : this(RunsAll ? WholeWarp : NarrowWarp)
    {
    }

    internal DeviceOnCpu(int warpThreads)
    {
        this.warpThreads = warpThreads;
        context = Context.Create(builder => builder.Optimize(OptimizationLevel.O2).EnableAlgorithms().Math(MathMode.Default)
            .CPU(new CPUDevice(warpThreads, Warps, numMultiprocessors: 1)));
        accelerator = context.CreateCPUAccelerator(0);
    }

    /// <summary>Whether there is time for everything.</summary>
    internal static bool RunsAll => Environment.GetEnvironmentVariable(AllKernels) is not null;

    /// <summary>A number of voxels that leaves a block and a bit; many classes get fewer, as each costs a barrier of all lanes.</summary>
    internal static int VoxelsFor(int classes) => RunsAll || classes <= 16 ? 152 : 40;

    /// <summary>The threads of a block.</summary>
    internal int Threads => Warps * warpThreads;

    public void Dispose()
    {
        accelerator.Dispose();
        context.Dispose();
    }

    internal DeviceResult Run(DeviceCase @case, LossDefinition loss, int blocks = 1, float lossGradient = 1)
    {
        var data = @case.Data;
        var shape = new LogitsShape(data.Samples, data.Classes, data.Voxels);
        var stride = new StatisticsLayout(data.Classes).Stride;
        var (reduce, spread) = (@case.Kernel(DeviceStep.Reduce), @case.Kernel(DeviceStep.Spread));
        var (volume, gamma) = (@case.Volume.InVectors(reduce.Width), (float)loss.FocalGamma);
        using var logits = accelerator.Allocate1D(@case.LogitsBytes());
        using var labels = accelerator.Allocate1D(@case.LabelBytes());
        using var weights = accelerator.Allocate1D(data.Weights);
        using var partials = accelerator.Allocate1D<double>(data.Samples * blocks * stride);
        using var statistics = accelerator.Allocate1D<double>(data.Samples * stride);
        using var value = accelerator.Allocate1D<float>(1);
        using var gradientOfLoss = accelerator.Allocate1D<float>([lossGradient]);
        using var coefficients = accelerator.Allocate1D<DeviceCoefficients>(data.Samples * data.Classes);
        using var gradient = accelerator.Allocate1D<byte>(logits.Length);

        Launch(
            reduce, (blocks, data.Samples, 1), Threads,
            [Memory(reduce, logits), labels.View.BaseView, weights.View.BaseView, partials.View.BaseView, volume, gamma]);
        Launch(
            DeviceKernel.Score(DeviceStep.ScoreLoss, loss.Overlap.IsTransformed), (1, 1, 1), Threads,
            [partials.View.BaseView, weights.View.BaseView, statistics.View.BaseView, value.View.BaseView, loss, shape, blocks]);
        Launch(
            DeviceKernel.Score(DeviceStep.ScoreGradient, loss.Overlap.IsTransformed), (1, 1, 1), warpThreads,
            [statistics.View.BaseView, weights.View.BaseView, gradientOfLoss.View.BaseView, coefficients.View.BaseView, loss, shape]);
        Launch(
            spread, (blocks, data.Samples, 1), Threads,
            [
                Memory(spread, logits), labels.View.BaseView, coefficients.View.BaseView, weights.View.BaseView, Memory(spread, gradient), volume, gamma,
            ]);
        return new DeviceResult(statistics.GetAsArray1D(), value.GetAsArray1D()[0], @case.Gradient(gradient.GetAsArray1D()));
    }

    /// <summary>A buffer as the kernel's own type of logits.</summary>
    private static object Memory(DeviceKernel kernel, MemoryBuffer1D<byte, Stride1D.Dense> buffer)
    {
        var type = DeviceKernelMethods.Memory(kernel, portable: true);
        var cast = typeof(ArrayView<byte>).GetMethod(nameof(ArrayView<byte>.Cast))!.MakeGenericMethod(type.GetGenericArguments()[0]);
        return Activator.CreateInstance(type, cast.Invoke(buffer.View.BaseView, null))!;
    }

    private void Launch(DeviceKernel kernel, (int X, int Y, int Z) grid, int threads, object[] arguments)
    {
        using var compiled = accelerator.LoadKernel(DeviceKernelMethods.Of(kernel, portable: true));
        compiled.Launch(accelerator.DefaultStream, new KernelConfig(new Index3D(grid.X, grid.Y, grid.Z), new Index3D(threads, 1, 1)), arguments);
        accelerator.Synchronize();
    }
}

/// <summary>What the four launches of a loss leave behind.</summary>
/// <param name="Statistics">[N, 3·C + 3].</param>
/// <param name="Loss">The loss.</param>
/// <param name="Gradient">[N, C, V], in this order whatever the layout, widened to float32.</param>
internal sealed record DeviceResult(double[] Statistics, float Loss, float[] Gradient);
