using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;
using ILGPU;
using ILGPU.Runtime;

namespace GpuLoss.Kernels.Tests.Device;

/// <summary>The two kernels of a general pass, with the Score kernel that adds the blocks up.</summary>
public sealed partial class DeviceOnCpu
{
    internal GeneralResult Run(DeviceGeneralCase @case, int blocks = 1)
    {
        var (shape, volume) = (@case.Shape, @case.Volume);
        var rows = @case.Sums.Count * shape.Samples;
        var stride = new StatisticsLayout(shape.Classes).Stride;
        var (reduce, spread) = (@case.Kernel(DeviceStep.GeneralReduce), @case.Kernel(DeviceStep.GeneralSpread));
        using var logits = accelerator.Allocate1D(@case.LogitsBytes());
        using var target = accelerator.Allocate1D(@case.TargetBytes());
        using var mask = NotEmpty(@case.MaskBytes());
        using var plan = accelerator.Allocate1D(@case.Plan());
        using var partials = accelerator.Allocate1D<double>(rows * stride * blocks);
        using var statistics = accelerator.Allocate1D<double>(rows * stride);
        using var unused = accelerator.Allocate1D<float>(1);
        using var values = NotEmpty(new float[@case.Seeds.Length]);
        using var seeds = NotEmpty(@case.Seeds);
        using var coefficients = accelerator.Allocate1D<DeviceCoefficients>(
            [.. @case.Coefficients.Select(coefficient => new DeviceCoefficients(coefficient))]);
        using var gradient = accelerator.Allocate1D<byte>(logits.Length);

        Launch(
            reduce, (blocks, shape.Samples, 1), Threads,
            [
                Memory(reduce, logits), target.View.BaseView, mask.View.BaseView, plan.View.BaseView, partials.View.BaseView, values.View.BaseView,
                volume,
            ]);
        Launch(
            DeviceKernel.Score(DeviceStep.ScoreLoss, transformed: false), (1, 1, 1), Threads,
            [
                partials.View.BaseView, plan.View.BaseView, statistics.View.BaseView, unused.View.BaseView, default(LossDefinition),
                shape with { Samples = rows }, blocks,
            ]);
        Launch(
            spread, (blocks, shape.Samples, 1), Threads,
            [
                Memory(spread, logits), target.View.BaseView, mask.View.BaseView, plan.View.BaseView, coefficients.View.BaseView,
                seeds.View.BaseView, Memory(spread, gradient), volume,
            ]);
        return new GeneralResult(statistics.GetAsArray1D(), values.GetAsArray1D()[..@case.Seeds.Length], @case.Gradient(gradient.GetAsArray1D()));
    }

    /// <summary>A buffer of one element where there would be none, which ILGPU does not like.</summary>
    private MemoryBuffer1D<T, Stride1D.Dense> NotEmpty<T>(T[] values)
        where T : unmanaged => accelerator.Allocate1D(values.Length == 0 ? new T[1] : values);
}

/// <summary>What the launches of a general pass leave behind.</summary>
/// <param name="Statistics">[sums, N, 3·C + 3].</param>
/// <param name="Values">[N, V] or [N, C, V].</param>
/// <param name="Gradient">[N, C, V], widened to float32.</param>
internal sealed record GeneralResult(double[] Statistics, float[] Values, float[] Gradient);
