using System.Runtime.CompilerServices;
using GpuLoss.Interop.Cuda;
using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Objective;
using GpuLoss.Kernels.Tests;

namespace GpuLoss.Bench.Gpu;

/// <summary>One call of a loss, forward and backward, through the product's engine on raw memory of a GPU. Nothing is allocated while it
/// runs.</summary>
internal sealed class LossOnDevice : IDisposable
{
    private readonly ILossEngine engine;
    private readonly DeviceProblem problem;
    private readonly DeviceMemory weights;
    private readonly DeviceMemory scratch;
    private readonly DeviceMemory statistics;
    private readonly DeviceMemory loss;
    private readonly DeviceMemory lossGradient;
    private readonly DeviceMemory plan;
    private readonly DeviceMemory coefficients;

    public LossOnDevice(CudaDevice device, ILossEngine engine, DeviceProblem problem, double[] classWeights, double upstream = 1)
    {
        (this.engine, this.problem) = (engine, problem);
        var (pass, shape) = (problem.Pass, problem.Pass.Shape);
        Logits = new DeviceMemory(device, shape.Samples * shape.Voxels * shape.Classes * ElementTypes.SizeOf(pass.Logits));
        Labels = new DeviceMemory(device, pass.TargetBytes);
        Gradient = new DeviceMemory(device, Logits.Bytes);
        weights = DeviceMemory.Of<double>(device, classWeights);
        scratch = new DeviceMemory(device, sizeof(double) * engine.ScratchElements(pass));
        statistics = new DeviceMemory(device, sizeof(double) * (long)shape.Samples * new StatisticsLayout(shape.Classes).Stride);
        plan = DeviceMemory.Of<double>(device, DiceCEDefinition.PlanOf(problem.Loss, classWeights));
        coefficients = new DeviceMemory(device, (long)shape.Samples * shape.Classes * Unsafe.SizeOf<ClassCoefficients>());
        loss = new DeviceMemory(device, sizeof(double));
        lossGradient = IsDouble ? DeviceMemory.Of<double>(device, [upstream]) : DeviceMemory.Of<float>(device, [(float)upstream]);
    }

    /// <summary>[N, C, *S].</summary>
    public DeviceMemory Logits { get; }

    /// <summary>[N, *S].</summary>
    public DeviceMemory Labels { get; }

    /// <summary>[N, C, *S], as <see cref="Backward"/> left it.</summary>
    public DeviceMemory Gradient { get; }

    /// <summary>The bytes that a loss takes beside inputs and gradient.</summary>
    public long ExtraBytes =>
        weights.Bytes + scratch.Bytes + statistics.Bytes + plan.Bytes + coefficients.Bytes + loss.Bytes + lossGradient.Bytes;

    private bool IsDouble => problem.Pass.Logits == LogitsType.Float64;

    private LossTensors Tensors => new(Logits.Address, Labels.Address, Mask: 0, plan.Address);

    public void Forward() => engine.Reduce(
        problem.Pass, Tensors, scratch.Address, statistics.Address, values: 0, new ScoreCall(problem.Score, weights.Address, loss.Address));

    public void Backward()
    {
        engine.ScoreGradient(problem.Score, weights.Address, statistics.Address, lossGradient.Address, coefficients.Address);
        engine.Spread(problem.Pass, Tensors, coefficients.Address, seeds: 0, Gradient.Address);
    }

    public void ForwardAndBackward()
    {
        Forward();
        Backward();
    }

    /// <summary>What the last <see cref="Forward"/> found.</summary>
    public double ReadLoss() => IsDouble ? loss.Download<double>(1)[0] : loss.Download<float>(1)[0];

    /// <summary>The statistics of the last <see cref="Forward"/>.</summary>
    public double[] ReadStatistics() => statistics.Download<double>((int)(statistics.Bytes / sizeof(double)));

    public void Dispose()
    {
        foreach (var memory in (
            DeviceMemory[])[Logits, Labels, Gradient, weights, scratch, statistics, loss, lossGradient, plan, coefficients])
            memory.Dispose();
    }
}
