using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using GpuLoss.Kernels.Device;

namespace GpuLoss.Interop.Cuda;

/// <summary>
/// One GPU as torch uses it: its primary context, in which torch's memory lies, and the kernels loaded into it. Both stay for the life of
/// the process, as torch's own do.
/// </summary>
internal sealed unsafe class CudaDevice
{
    /// <summary>CUDA_ERROR_NO_DEVICE.</summary>
    private const int NoDevice = 100;

    private const int NameLength = 256;

    private static readonly ConcurrentDictionary<int, CudaDevice> Devices = new();

    private readonly int device;
    private readonly nint context;
    private readonly CudaKernels<DeviceKernel> kernels;
    private int multiprocessors;

    /// <summary>Finds a GPU and retains its primary context.</summary>
    /// <exception cref="CudaException">The driver refuses; there is no such GPU, say.</exception>
    public CudaDevice(ICudaDriver driver, int ordinal, Func<DeviceKernel, PtxKernel> compile)
    {
        (Driver, Ordinal, kernels) = (driver, ordinal, new(compile));
        Check(driver.Init(0), "cuInit");
        int handle;
        nint primary;
        Check(driver.DeviceGet(&handle, ordinal), "cuDeviceGet");
        Check(driver.DevicePrimaryCtxRetain(&primary, handle), "cuDevicePrimaryCtxRetain");
        (device, context) = (handle, primary);
    }

    /// <summary>The driver.</summary>
    public ICudaDriver Driver { get; }

    /// <summary>The driver's number of this GPU, which torch's is too.</summary>
    public int Ordinal { get; }

    /// <summary>How many multiprocessors the GPU has.</summary>
    public int Multiprocessors =>
        multiprocessors != 0 ? multiprocessors : multiprocessors = Attribute(CudaDeviceAttribute.MultiprocessorCount);

    /// <summary>The GPU's name.</summary>
    public string Name
    {
        get
        {
            var name = stackalloc byte[NameLength];
            Check(Driver.DeviceGetName(name, NameLength, device), "cuDeviceGetName");
            return Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name));
        }
    }

    /// <summary>A GPU of this process, the same object for everybody.</summary>
    /// <exception cref="NotSupportedException">There is no CUDA driver.</exception>
    public static CudaDevice For(int ordinal) => Devices.GetOrAdd(ordinal, static number =>
        CudaDriver.TryGet(out var driver, out var whyNot)
            ? new CudaDevice(driver, number, PtxCompiler.Compile)
            : throw new NotSupportedException($"These tensors are on cuda:{number}, but {whyNot}."));

    /// <summary>How many GPUs the driver finds.</summary>
    public static int Count(ICudaDriver driver)
    {
        var result = driver.Init(0);
        if (result == NoDevice)
            return 0;
        Check(driver, result, "cuInit");
        int count;
        Check(driver, driver.DeviceGetCount(&count), "cuDeviceGetCount");
        return count;
    }

    /// <summary>The CUDA version that the driver is for.</summary>
    public static string Version(ICudaDriver driver)
    {
        int version;
        Check(driver, driver.DriverGetVersion(&version), "cuDriverGetVersion");
        return string.Create(CultureInfo.InvariantCulture, $"{version / 1000}.{version % 1000 / 10}");
    }

    /// <summary>The GPU in words.</summary>
    public string Describe() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name}, compute capability {Attribute(CudaDeviceAttribute.ComputeCapabilityMajor)}."
        + $"{Attribute(CudaDeviceAttribute.ComputeCapabilityMinor)}, "
        + $"{Attribute(CudaDeviceAttribute.MultiprocessorCount)} multiprocessors, "
        + $"{Attribute(CudaDeviceAttribute.L2CacheSize) >> 20} MB of L2");

    /// <summary>A number that describes the GPU.</summary>
    public int Attribute(CudaDeviceAttribute attribute)
    {
        int value;
        Check(Driver.DeviceGetAttribute(&value, attribute, device), $"cuDeviceGetAttribute of {attribute}");
        return value;
    }

    /// <summary>Makes the GPU's context current on this thread.</summary>
    public CudaContextScope Enter() => new(this, context);

    /// <summary>
    /// Enqueues a kernel on the default stream. TorchSharp has no streams of its own: all its work is on that one, so that a launch comes
    /// after whatever torch did to the tensors before it.
    /// </summary>
    /// <param name="kernel">The kernel. It is compiled and loaded once.</param>
    /// <param name="grid">Its blocks along x, y and z.</param>
    /// <param name="threads">The threads of a block.</param>
    /// <param name="arguments">Its parameters.</param>
    /// <param name="sharedBytes">The dynamic shared memory of a block.</param>
    /// <exception cref="CudaException">The driver refuses.</exception>
    public void Launch(
        DeviceKernel kernel, (int X, int Y, int Z) grid, int threads, scoped ref KernelArguments arguments, int sharedBytes = 0) =>
        Launch(kernels, kernel, kernel.Name, grid, threads, ref arguments, sharedBytes);

    /// <summary>The same of kernels of any kind.</summary>
    /// <param name="from">Those of the kind that are loaded here.</param>
    /// <param name="kernel">The kernel.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="grid">Its blocks along x, y and z.</param>
    /// <param name="threads">The threads of a block.</param>
    /// <param name="arguments">Its parameters.</param>
    /// <param name="sharedBytes">The dynamic shared memory of a block.</param>
    /// <exception cref="CudaException">The driver refuses.</exception>
    public void Launch<TKernel>(
        CudaKernels<TKernel> from, TKernel kernel, string name, (int X, int Y, int Z) grid, int threads,
        scoped ref KernelArguments arguments, int sharedBytes = 0)
        where TKernel : notnull
    {
        using var scope = Enter();
        var function = from.Of(this, kernel, name);
        function.AllowSharedBytes(this, sharedBytes);
        var buffer = stackalloc byte[arguments.Size];
        arguments.CopyTo(new Span<byte>(buffer, arguments.Size));
        Check(
            Driver.LaunchKernel(function.Handle, grid, threads, sharedBytes, stream: 0, buffer, arguments.Size),
            $"cuLaunchKernel of {name}");
        scope.Leave();
    }

    /// <summary>What the driver made of a kernel: an attribute of its code on this GPU.</summary>
    public int Attribute(CudaFunctionAttribute attribute, DeviceKernel kernel)
    {
        using var scope = Enter();
        int value;
        Check(
            Driver.FuncGetAttribute(&value, attribute, kernels.Of(this, kernel, kernel.Name).Handle),
            $"cuFuncGetAttribute of {attribute} of {kernel.Name}");
        scope.Leave();
        return value;
    }

    /// <summary>Throws unless a result of the driver is 0.</summary>
    public void Check(int result, string call) => Check(Driver, result, call);

    private static void Check(ICudaDriver driver, int result, string call)
    {
        if (result != 0)
            throw new CudaException(driver, result, call);
    }
}
