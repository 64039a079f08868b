using GpuLoss.Interop.Cuda;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Tests.Device;

/// <summary>The two kernels of a pass that reads a plan, with the Score kernel that adds the blocks up.</summary>
public sealed partial class DeviceOnMachine
{
    /// <summary>Runs the kernels of any plan, or those of the form of the plan.</summary>
    internal PlanResult Run(DevicePlanCase @case, int blocks = 1, bool isSum = false)
    {
        var (shape, volume) = (@case.Shape, @case.Volume);
        var rows = @case.Sums.Count * shape.Samples;
        var stride = new StatisticsLayout(shape.Classes).Stride;
        var (reduce, spread) = (@case.Kernel(isReduce: true, isSum), @case.Kernel(isReduce: false, isSum));
        using var memory = new Memory(driver);
        var (logits, target, mask) = (memory.Of(@case.LogitsBytes()), memory.Of(@case.TargetBytes()), memory.Of(@case.MaskBytes()));
        var (plan, partials) = (memory.Of<double>(@case.Plan()), memory.New<double>(rows * stride * blocks));
        var (statistics, unused) = (memory.New<double>(rows * stride), memory.New<float>(1));
        var (values, seeds) = (memory.New<float>(@case.Seeds.Length), memory.Of<float>(@case.Seeds));
        var coefficients = memory.Of<DeviceCoefficients>(
            [.. @case.Coefficients.Select(coefficient => new DeviceCoefficients(coefficient))]);
        var gradient = memory.New<byte>(logits.Length);

        var arguments = default(KernelArguments);
        Add(ref Add(ref Add(ref Add(ref Add(ref arguments.Value(logits.Address), target), mask), plan), partials), values).Value(volume);
        device.Launch(reduce, (blocks, shape.Samples, 1), ThreadsOf(reduce), ref arguments);

        var score = DeviceKernel.Score(DeviceStep.ScoreLoss, transformed: false);
        arguments = default;
        Add(ref Add(ref Add(ref Add(ref arguments, partials), plan), statistics), unused)
            .Value(default(LossDefinition)).Value(shape with { Samples = rows }).Value(blocks);
        device.Launch(score, (1, 1, 1), Threads, ref arguments);

        arguments = default;
        Add(ref Add(ref Add(ref Add(ref Add(ref arguments.Value(logits.Address), target), mask), plan), coefficients), seeds)
            .Value(gradient.Address).Value(volume);
        device.Launch(spread, (blocks, shape.Samples, 1), ThreadsOf(spread), ref arguments);
        return new PlanResult(statistics.Read(), values.Read(), @case.Gradient(gradient.Read()));
    }
}

/// <summary>What the launches of a pass leave behind.</summary>
/// <param name="Statistics">[sums, N, 3·C + 3].</param>
/// <param name="Values">[N, V] or [N, C, V].</param>
/// <param name="Gradient">[N, C, V], widened to float32.</param>
internal sealed record PlanResult(double[] Statistics, float[] Values, float[] Gradient);
