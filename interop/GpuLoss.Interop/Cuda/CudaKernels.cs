using System.Collections.Concurrent;
using GpuLoss.Kernels.Device;

namespace GpuLoss.Interop.Cuda;

/// <summary>The kernels of one kind that have been loaded into a device's context.</summary>
/// <typeparam name="TKernel">What tells one from another.</typeparam>
/// <param name="compile">Makes PTX of one, once.</param>
internal sealed class CudaKernels<TKernel>(Func<TKernel, PtxKernel> compile)
    where TKernel : notnull
{
    private readonly ConcurrentDictionary<TKernel, Lazy<CudaFunction>> functions = new();

    /// <summary>A kernel, for the device whose context is current.</summary>
    /// <exception cref="CudaException">The driver refuses it.</exception>
    public CudaFunction Of(CudaDevice device, TKernel kernel, string name)
    {
        var function = functions.GetOrAdd(
            kernel,
            static (key, loading) => new Lazy<CudaFunction>(() => CudaFunction.Load(loading.device, loading.compile(key), loading.name)),
            (device, compile, name));
        try
        {
            return function.Value;
        }
        catch
        {
            // A failure, for want of memory perhaps, is not remembered: the next launch tries again.
            functions.TryRemove(new KeyValuePair<TKernel, Lazy<CudaFunction>>(kernel, function));
            throw;
        }
    }
}
