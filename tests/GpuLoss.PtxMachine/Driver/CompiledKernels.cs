using System.Collections.Concurrent;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Shape.Device;
using GpuLoss.Kernels.Top.Device;

namespace GpuLoss.PtxMachine;

/// <summary>Kernels that have been compiled once for all engines of the process.</summary>
internal static class CompiledKernels
{
    private static readonly ConcurrentDictionary<object, Lazy<PtxKernel>> Kernels = new();

    public static PtxKernel Of(DeviceKernel kernel) => Once(kernel, () => PtxCompiler.Compile(kernel));

    public static PtxKernel Of(ShapeKernel kernel) => Once(kernel, () => PtxCompiler.Compile(kernel));

    public static PtxKernel Of(TopKernel kernel) => Once(kernel, () => PtxCompiler.Compile(kernel));

    private static PtxKernel Once(object kernel, Func<PtxKernel> compile) =>
        Kernels.GetOrAdd(kernel, _ => new Lazy<PtxKernel>(compile)).Value;
}
