using System.Collections.Concurrent;
using System.Text;
using GpuLoss.Kernels.Device;

namespace GpuLoss.Interop.Cuda;

/// <summary>
/// One GPU as torch uses it: its primary context, in which torch's memory lies, and the kernels loaded into it. Both stay for the life of the
/// process, as torch's own do.
/// </summary>
internal sealed unsafe class CudaDevice
{
    private readonly ICudaDriver driver;
    private readonly nint context;
    private readonly Func<DeviceKernel, PtxKernel> compile;
    private readonly ConcurrentDictionary<DeviceKernel, Lazy<nint>> functions = new();

    public CudaDevice(ICudaDriver driver, int ordinal, Func<DeviceKernel, PtxKernel> compile)
    {
        (this.driver, this.compile) = (driver, compile);
        Check(driver.Init(0), "cuInit");
        Check(driver.DeviceGet(out var device, ordinal), "cuDeviceGet");
        Check(driver.DevicePrimaryCtxRetain(out context, device), "cuDevicePrimaryCtxRetain");
    }

    /// <summary>
    /// Enqueues a kernel on the default stream, which is the one TorchSharp works on. Whatever context is current on this thread is so again
    /// afterwards: autograd calls from threads of its own.
    /// </summary>
    public void Launch(DeviceKernel kernel, (int X, int Y, int Z) grid, int threads, scoped ref KernelArguments arguments)
    {
        Check(driver.CtxPushCurrent(context), "cuCtxPushCurrent");
        try
        {
            var function = Function(kernel);
            var buffer = stackalloc byte[arguments.Size];
            arguments.CopyTo(new Span<byte>(buffer, arguments.Size));
            Check(driver.LaunchKernel(function, grid, threads, stream: 0, buffer, arguments.Size), "cuLaunchKernel");
        }
        finally
        {
            driver.CtxPopCurrent(out _);
        }
    }

    private nint Function(DeviceKernel kernel)
    {
        var function = functions.GetOrAdd(kernel, static (key, device) => new Lazy<nint>(() => device.Load(key)), this);
        try
        {
            return function.Value;
        }
        catch
        {
            // A failure, for want of memory perhaps, is not remembered: the next launch tries again.
            functions.TryRemove(new KeyValuePair<DeviceKernel, Lazy<nint>>(kernel, function));
            throw;
        }
    }

    private nint Load(DeviceKernel kernel)
    {
        var ptx = compile(kernel);
        nint module;
        fixed (byte* image = Encoding.ASCII.GetBytes(ptx.Text + '\0'))
            Check(driver.ModuleLoadData(out module, image), $"cuModuleLoadData of {kernel}");
        Check(driver.ModuleGetFunction(out var function, module, ptx.EntryPoint), "cuModuleGetFunction");
        return function;
    }

    private void Check(int result, string call) => CudaException.ThrowIf(driver, result, call);
}
