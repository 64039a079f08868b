using System.Runtime.InteropServices;
using System.Text;
using GpuLoss.Kernels.Device;

namespace GpuLoss.Interop.Cuda;

/// <summary>A kernel loaded into a device's context, where it stays.</summary>
internal sealed unsafe class CudaFunction
{
    private const int LogLength = 4096;
    private const int ErrorLogBuffer = 5; // CU_JIT_ERROR_LOG_BUFFER
    private const int ErrorLogBufferSize = 6; // CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES

    private readonly Lock attributes = new();
    private int allowedSharedBytes;

    private CudaFunction(nint handle) => Handle = handle;

    /// <summary>The driver's handle.</summary>
    public nint Handle { get; }

    /// <summary>Has the driver assemble a kernel for the device whose context is current.</summary>
    /// <exception cref="CudaException">The driver refuses. What its assembler says of the PTX is in the message.</exception>
    public static CudaFunction Load(CudaDevice device, PtxKernel ptx, string name)
    {
        nint module, function;
        var log = stackalloc byte[LogLength];
        log[0] = 0;
        var options = stackalloc int[] { ErrorLogBuffer, ErrorLogBufferSize };
        var values = stackalloc void*[] { log, (void*)LogLength };
        fixed (byte* image = ZeroTerminated(ptx.Text))
        {
            var result = device.Driver.ModuleLoadDataEx(&module, image, 2, options, values);
            if (result != 0)
            {
                var said = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(log)).Trim();
                throw new CudaException(device.Driver, result, $"cuModuleLoadDataEx of {name}", said);
            }
        }

        fixed (byte* entryPoint = ZeroTerminated(ptx.EntryPoint))
        {
            var result = device.Driver.ModuleGetFunction(&function, module, entryPoint);
            if (result == 0)
                return new CudaFunction(function);
            _ = device.Driver.ModuleUnload(module);
            throw new CudaException(device.Driver, result, $"cuModuleGetFunction of {name}");
        }
    }

    /// <summary>
    /// Asks for leave to use dynamic shared memory, without which a kernel has 48 KB for all of its shared memory; once per kernel and
    /// size.
    /// </summary>
    /// <exception cref="CudaException">The device has less.</exception>
    public void AllowSharedBytes(CudaDevice device, int bytes)
    {
        if (bytes <= Volatile.Read(ref allowedSharedBytes))
            return;
        lock (attributes)
        {
            if (bytes <= allowedSharedBytes)
                return;
            device.Check(
                device.Driver.FuncSetAttribute(Handle, CudaFunctionAttribute.MostDynamicSharedBytes, bytes),
                $"cuFuncSetAttribute of {bytes} bytes of shared memory");
            Volatile.Write(ref allowedSharedBytes, bytes);
        }
    }

    private static byte[] ZeroTerminated(string text) => Encoding.ASCII.GetBytes(text + '\0');
}
