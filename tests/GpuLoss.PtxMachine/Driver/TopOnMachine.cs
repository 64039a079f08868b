using GpuLoss.Interop.Cuda;
using GpuLoss.Interop.Top;
using GpuLoss.Kernels.Top;

namespace GpuLoss.PtxMachine;

/// <summary>The largest of many values of CUDA tensors with the machine as their driver, as <see cref="EngineOnMachine"/> has the fused
/// losses.</summary>
internal sealed class TopOnMachine : ITopEngine
{
    private const long BytesOfMean = TopMean.Numbers * sizeof(double);

    private readonly CudaTop engine;
    private readonly GuardedCalls calls;

    public TopOnMachine(MachineOptions? options = null)
    {
        Driver = new MachineDriver(options);
        calls = new GuardedCalls(Driver);
        engine = new CudaTop(new CudaDevice(Driver, ordinal: 0, CompiledKernels.Of), CompiledKernels.Of);
    }

    public MachineDriver Driver { get; }

    public long ScratchBytes => engine.ScratchBytes;

    public void Select(TopValues values, long count, nint scratch, nint mean, double factor, nint value) => calls.Run(
        () => engine.Select(values, count, scratch, mean, factor, value),
        [
            new(values.Address, Bytes(values)), new(scratch, engine.ScratchBytes, IsWritten: false),
            new(mean, BytesOfMean, IsWritten: false), new(value, sizeof(float), IsWritten: false),
        ]);

    public void Differentiate(TopValues values, ReadOnlySpan<WeightedMean> means, nint gradient, nint derivatives)
    {
        var all = means.ToArray();
        calls.Run(
            () => engine.Differentiate(values, all, gradient, derivatives),
            [
                new(values.Address, Bytes(values)), .. all.Select(mean => new CallMemory(mean.Mean, BytesOfMean)),
                new(gradient, sizeof(float)), new(derivatives, Bytes(values), IsWritten: false),
            ]);
    }

    private static long Bytes(TopValues values) => values.Length * sizeof(float);
}
