using GpuLoss.Interop.Cuda;
using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Bench.Gpu;

/// <summary>One call of a loss, forward and backward, through the product's engine on raw memory of a GPU. Nothing is allocated while it runs.</summary>
internal sealed class LossOnDevice : IDisposable
{
    private readonly ILossEngine engine;
    private readonly LossProblem problem;
    private readonly DeviceMemory weights;
    private readonly DeviceMemory scratch;
    private readonly DeviceMemory statistics;
    private readonly DeviceMemory loss;
    private readonly DeviceMemory lossGradient;
    private readonly DeviceMemory backwardScratch;

    public LossOnDevice(CudaDevice device, ILossEngine engine, LossProblem problem, double[] classWeights, double upstream = 1)
    {
        (this.engine, this.problem) = (engine, problem);
        var shape = problem.Shape;
        var voxels = shape.Samples * shape.Voxels;
        Logits = new DeviceMemory(device, voxels * shape.Classes * ElementTypes.SizeOf(problem.Logits));
        Labels = new DeviceMemory(device, voxels * ElementTypes.SizeOf(problem.Target));
        Gradient = new DeviceMemory(device, Logits.Bytes);
        weights = DeviceMemory.Of<double>(device, classWeights);
        scratch = new DeviceMemory(device, sizeof(double) * engine.ForwardScratchElements(problem));
        statistics = new DeviceMemory(device, sizeof(double) * (long)shape.Samples * new StatisticsLayout(shape.Classes).Stride);
        backwardScratch = new DeviceMemory(device, sizeof(double) * engine.BackwardScratchElements(problem));
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
    public long ExtraBytes => weights.Bytes + scratch.Bytes + statistics.Bytes + backwardScratch.Bytes + loss.Bytes + lossGradient.Bytes;

    private bool IsDouble => problem.Logits == LogitsType.Float64;

    public void Forward() => engine.Forward(
        problem, Logits.Address, Labels.Address, weights.Address, scratch.Address, statistics.Address, loss.Address);

    public void Backward() => engine.Backward(
        problem, Logits.Address, Labels.Address, weights.Address, statistics.Address, lossGradient.Address, backwardScratch.Address, Gradient.Address);

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
        foreach (var memory in (DeviceMemory[])[Logits, Labels, Gradient, weights, scratch, statistics, loss, lossGradient, backwardScratch])
            memory.Dispose();
    }
}
