using System.Reflection;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

namespace GpuLoss.Kernels.Tests.Device;

/// <summary>Runs the device kernels on ILGPU's CPU accelerator, with warps of 32 and one small block: it is slow.</summary>
public sealed class DeviceOnCpu : IDisposable
{
    private const int Threads = 64;
    private readonly Context context = Context.Create(builder =>
        builder.Optimize(OptimizationLevel.O2).EnableAlgorithms().Math(MathMode.Default).CPU(CPUDeviceKind.Nvidia));

    private readonly Accelerator accelerator;

    public DeviceOnCpu() => accelerator = context.CreateCPUAccelerator(0);

    public void Dispose()
    {
        accelerator.Dispose();
        context.Dispose();
    }

    internal (double[] Statistics, float Loss, float[] Gradient) Run(
        SegmentationCase data, LossDefinition loss, int width, bool longLabels, int blocks = 1, float lossGradient = 1)
    {
        var shape = new LogitsShape(data.Samples, data.Classes, data.Voxels);
        var stride = new StatisticsLayout(data.Classes).Stride;
        DeviceKernel Kernel(DeviceStep step) => new(step, data.Classes, width, longLabels, data.Squared);
        using var logits = accelerator.Allocate1D(data.Logits);
        using var bytes = accelerator.Allocate1D(Array.ConvertAll(data.Labels, label => (byte)label));
        using var longs = accelerator.Allocate1D(data.Labels);
        using var weights = accelerator.Allocate1D(data.Weights);
        using var partials = accelerator.Allocate1D<float>(data.Samples * blocks * stride);
        using var statistics = accelerator.Allocate1D<double>(data.Samples * stride);
        using var value = accelerator.Allocate1D<float>(1);
        using var gradientOfLoss = accelerator.Allocate1D<float>([lossGradient]);
        using var coefficients = accelerator.Allocate1D<DeviceCoefficients>(data.Samples * data.Classes);
        using var gradient = accelerator.Allocate1D<float>(data.Logits.Length);
        object labels = longLabels ? longs.View.BaseView : bytes.View.BaseView;
        object[] tail = Kernel(DeviceStep.Reduce).IsChunked ? [data.Classes] : [];

        Launch(
            Kernel(DeviceStep.Reduce), (blocks, data.Samples, DeviceKernelTable.ChunksFor(Kernel(DeviceStep.Reduce))), Threads,
            [Vectors(logits, width), labels, weights.View.BaseView, partials.View.BaseView, (long)data.Voxels / width, data.IgnoreIndex, .. tail]);
        Launch(
            Kernel(DeviceStep.ScoreLoss), (1, 1, 1), Threads,
            [partials.View.BaseView, weights.View.BaseView, statistics.View.BaseView, value.View.BaseView, loss, shape, blocks]);
        Launch(
            Kernel(DeviceStep.ScoreGradient), (1, 1, 1), 32,
            [statistics.View.BaseView, weights.View.BaseView, gradientOfLoss.View.BaseView, coefficients.View.BaseView, loss, shape]);
        Launch(
            Kernel(DeviceStep.Spread), (blocks, data.Samples, 1), Threads,
            [Vectors(logits, width), labels, coefficients.View.BaseView, Vectors(gradient, width), (long)data.Voxels / width, data.IgnoreIndex, .. tail]);
        return (statistics.GetAsArray1D(), value.GetAsArray1D()[0], gradient.GetAsArray1D());
    }

    private static object Vectors(MemoryBuffer1D<float, Stride1D.Dense> buffer, int width) => width switch
    {
        1 => buffer.View.BaseView.Cast<OneVoxel>(),
        2 => buffer.View.BaseView.Cast<VoxelPair<OneVoxel>>(),
        _ => buffer.View.BaseView.Cast<VoxelPair<VoxelPair<OneVoxel>>>(),
    };

    private void Launch(DeviceKernel kernel, (int X, int Y, int Z) grid, int threads, object[] arguments)
    {
        using var compiled = accelerator.LoadKernel(kernel.Method);
        compiled.Launch(accelerator.DefaultStream, new KernelConfig(new Index3D(grid.X, grid.Y, grid.Z), new Index3D(threads, 1, 1)), arguments);
        accelerator.Synchronize();
    }
}
