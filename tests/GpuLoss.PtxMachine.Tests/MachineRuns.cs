using System.Runtime.InteropServices;
using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;
using GpuLoss.Kernels.Tests;
using GpuLoss.Kernels.Tests.Device;

namespace GpuLoss.PtxMachine.Tests;

/// <summary>What a forward and a backward leave behind.</summary>
internal sealed record MachineResult(double[] Statistics, float Value, float[] Gradient);

/// <summary>What a pass leaves behind.</summary>
internal sealed record PlanMachineResult(double[] Statistics, float[] Values, float[] Gradient);

/// <summary>Runs the cases of the kernels' tests through the engine of CUDA tensors, as the library would: by default on the host's memory,
/// with the machine as the driver.</summary>
internal static class MachineRuns
{
    public const float LossGradient = 2;

    /// <summary>A forward and a backward.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="case">The tensors; the case's width follows from them.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="shift">Bytes between the tensors' beginnings and the nearest address that allows wide loads: 0, or the size of an
    /// element.</param>
    /// <param name="onDevice">The memory, which is not disposed here; the host's where there is none.</param>
    public static MachineResult Run(
        ILossEngine engine, DeviceCase @case, LossDefinition loss, int shift = 0, RunMemory? onDevice = null)
    {
        var data = @case.Data;
        var shape = new LogitsShape(data.Samples, data.Classes, data.Voxels);
        var strides = new TensorStrides(data.Classes * data.Voxels, 1, [data.Classes]);
        var layout = @case.ChannelsLast ? VolumeLayout.Of([data.Voxels], strides, new TensorStrides(data.Voxels, 0, [1]), strides) : null;
        var problem = new LossProblem(
            shape, @case.Type, TargetKind.Labels, @case.Labels, MaskKind.None, data.IgnoreIndex, [DiceCEDefinition.SumOf(loss)])
        {
            Layout = layout,
        };
        var score = new ScoreProblem(loss, shape, @case.Type);
        using var onHost = new HostMemory();
        var memory = onDevice ?? onHost;
        var logits = memory.Of(@case.LogitsBytes(), shift * ElementTypes.SizeOf(@case.Type));
        var labels = memory.Of(@case.LabelBytes(), shift * ElementTypes.SizeOf(@case.Labels));
        var weights = memory.Of(data.Weights);
        var statistics = memory.New(data.Samples * new StatisticsLayout(data.Classes).Stride * sizeof(double));
        var scratch = memory.New((int)engine.ScratchElements(problem) * sizeof(double));
        var coefficients = memory.New(data.Samples * data.Classes * Marshal.SizeOf<DeviceCoefficients>());
        var tensors = new LossTensors(logits, labels, Mask: 0, memory.Of(DiceCEDefinition.PlanOf(loss, data.Weights)));
        var value = memory.New(sizeof(float));
        var gradient = memory.New(data.Logits.Length * ElementTypes.SizeOf(@case.Type), shift * ElementTypes.SizeOf(@case.Type));
        engine.Reduce(problem, tensors, scratch, statistics, values: 0, new ScoreCall(score, weights, value));
        var result = (Statistics: memory.Read<double>(statistics, data.Samples * new StatisticsLayout(data.Classes).Stride),
            Value: memory.Read<float>(value, 1)[0]);
        memory.Write(value, BitConverter.GetBytes(LossGradient));
        engine.ScoreGradient(score, weights, statistics, value, coefficients);
        engine.Spread(problem, tensors, coefficients, seeds: 0, gradient);
        return new MachineResult(
            result.Statistics, result.Value,
            @case.Gradient(memory.Read<byte>(gradient, data.Logits.Length * ElementTypes.SizeOf(@case.Type))));
    }

    /// <summary>The pass of a plan.</summary>
    public static PlanMachineResult Run(ILossEngine engine, DevicePlanCase @case, RunMemory? onDevice = null)
    {
        var (data, values) = (@case.Data, @case.Seeds.Length);
        var problem = new LossProblem(
            @case.Shape, @case.Type, @case.Target, @case.Label, @case.Mask, DevicePlanCase.Ignored,
            [.. @case.Sums.Select(sum => sum.Definition)])
        {
            HasValues = @case.ValueSum >= 0,
            ValuesPerClass = @case.ValuesPerClass,
            ValueSum = Math.Max(0, @case.ValueSum),
        };
        using var onHost = new HostMemory();
        var memory = onDevice ?? onHost;
        var tensors = new LossTensors(
            memory.Of(@case.LogitsBytes()), memory.Of(@case.TargetBytes()), memory.Of(@case.MaskBytes()), memory.Of(@case.Plan()));
        var count = @case.Sums.Count * data.Samples * new StatisticsLayout(data.Classes).Stride;
        var (statistics, scratch) = (memory.New(count * sizeof(double)), memory.New((int)engine.ScratchElements(problem) * sizeof(double)));
        var (unreduced, seeds) = (memory.New(values * sizeof(float)), memory.Of(@case.Seeds));
        var coefficients = memory.Of(@case.Coefficients.Select(coefficient => new DeviceCoefficients(coefficient)).ToArray());
        var gradientBytes = data.Logits.Length * ElementTypes.SizeOf(@case.Type);
        var gradient = memory.New(gradientBytes);
        engine.Reduce(problem, tensors, scratch, statistics, values == 0 ? 0 : unreduced);
        engine.Spread(problem, tensors, coefficients, values == 0 ? 0 : seeds, gradient);
        return new PlanMachineResult(
            memory.Read<double>(statistics, count), memory.Read<float>(unreduced, values),
            @case.Gradient(memory.Read<byte>(gradient, gradientBytes)));
    }
}
