using GpuLoss.Interop.Cuda;
using GpuLoss.Interop.Shape;
using GpuLoss.Interop.Top;
using GpuLoss.PtxMachine;
using GpuLoss.PtxMachine.Tests;

namespace GpuLoss.Bench.Gpu.Comparison;

/// <summary>A problem that any driver can be given.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Run">Runs it, and tells what it left: always the same names and sizes.</param>
internal sealed record ComparedProblem(string Name, Func<ComparedDevice, IReadOnlyList<ComparedNumbers>> Run)
{
    /// <summary>All that there are.</summary>
    public static IReadOnlyList<ComparedProblem> All() =>
        [.. LossProblems.Of(KernelCombination.Night), .. TopProblems.All, .. ShapeProblems.All];
}

/// <summary>The engines of a driver's first GPU.</summary>
internal sealed class ComparedDevice
{
    public ComparedDevice(ICudaDriver driver)
    {
        Device = new CudaDevice(driver, ordinal: 0, CompiledKernels.Of);
        Losses = new CudaLossEngine(Device);
        Shapes = new CudaShapes(Device, CompiledKernels.Of);
        Top = new CudaTop(Device, CompiledKernels.Of);
    }

    public CudaDevice Device { get; }

    public CudaLossEngine Losses { get; }

    public CudaShapes Shapes { get; }

    public CudaTop Top { get; }
}
