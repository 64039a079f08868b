using System.Collections.Concurrent;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Shape.Device;

namespace GpuLoss.PtxMachine;

/// <summary>Kernels that have been compiled once for all engines of the process.</summary>
internal static class CompiledKernels
{
    private static readonly ConcurrentDictionary<DeviceKernel, Lazy<PtxKernel>> Kernels = new();

    private static readonly ConcurrentDictionary<ShapeKernel, Lazy<PtxKernel>> ShapeKernels = new();

    public static PtxKernel Of(DeviceKernel kernel) =>
        Kernels.GetOrAdd(kernel, static key => new Lazy<PtxKernel>(() => PtxCompiler.Compile(key))).Value;

    public static PtxKernel Of(ShapeKernel kernel) =>
        ShapeKernels.GetOrAdd(kernel, static key => new Lazy<PtxKernel>(() => PtxCompiler.Compile(key))).Value;
}
