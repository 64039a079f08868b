using System.Runtime.InteropServices;

namespace GpuLoss.Interop.Cuda;

/// <summary>
/// The functions of the CUDA driver that are used, by the driver's own names and with its own parameters and results: 0 is success. An
/// interface, so that tests can stand in for the driver.
/// </summary>
internal unsafe interface ICudaDriver
{
    int Init(uint flags);

    int DriverGetVersion(int* version);

    int DeviceGetCount(int* count);

    int DeviceGet(int* device, int ordinal);

    int DeviceGetName(byte* name, int length, int device);

    int DeviceGetAttribute(int* value, CudaDeviceAttribute attribute, int device);

    int DevicePrimaryCtxRetain(nint* context, int device);

    int CtxPushCurrent(nint context);

    int CtxPopCurrent(nint* context);

    int CtxSynchronize();

    /// <param name="module">Receives the module.</param>
    /// <param name="image">PTX text that ends with a 0.</param>
    /// <param name="count">The number of options.</param>
    /// <param name="options">CUjit_option each.</param>
    /// <param name="values">The value of each option, or its address.</param>
    int ModuleLoadDataEx(nint* module, byte* image, uint count, int* options, void** values);

    int ModuleUnload(nint module);

    int ModuleGetFunction(nint* function, nint module, byte* name);

    int FuncGetAttribute(int* value, CudaFunctionAttribute attribute, nint function);

    int FuncSetAttribute(nint function, CudaFunctionAttribute attribute, int value);

    /// <param name="function">The kernel.</param>
    /// <param name="grid">Its blocks along x, y and z.</param>
    /// <param name="threads">The threads of a block.</param>
    /// <param name="sharedBytes">The dynamic shared memory of a block.</param>
    /// <param name="stream">The stream, 0 for the default one.</param>
    /// <param name="arguments">The kernel's parameters in one buffer, laid out as the kernel declares them.</param>
    /// <param name="size">The bytes of the buffer.</param>
    int LaunchKernel(nint function, (int X, int Y, int Z) grid, int threads, int sharedBytes, nint stream, void* arguments, nint size);

    int MemAlloc(nint* address, nint bytes);

    int MemFree(nint address);

    int MemHostAlloc(void** address, nint bytes, uint flags);

    int MemcpyHtoD(nint to, void* from, nint bytes);

    int MemcpyDtoH(void* to, nint from, nint bytes);

    int MemcpyDtoDAsync(nint to, nint from, nint bytes, nint stream);

    int Memcpy2DAsync(CudaCopy* copy, nint stream);

    int EventCreate(nint* handle, uint flags);

    int EventDestroy(nint handle);

    int EventRecord(nint handle, nint stream);

    int EventQuery(nint handle);

    int EventSynchronize(nint handle);

    int EventElapsedTime(float* milliseconds, nint begin, nint end);

    string ErrorName(int error);

    string ErrorText(int error);
}

/// <summary>CUdevice_attribute, as far as it is asked for.</summary>
internal enum CudaDeviceAttribute
{
    MultiprocessorCount = 16,
    L2CacheSize = 38,
    ComputeCapabilityMajor = 75,
    ComputeCapabilityMinor = 76,
}

/// <summary>CUfunction_attribute, as far as it is asked for.</summary>
internal enum CudaFunctionAttribute
{
    SharedBytes = 1,
    LocalBytes = 3,
    Registers = 4,
    MostDynamicSharedBytes = 8,
}

/// <summary>CUDA_MEMCPY2D: rows of <see cref="Width"/> bytes from one memory to another.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CudaCopy
{
    /// <summary>CU_MEMORYTYPE_HOST.</summary>
    public const int Host = 1;

    /// <summary>CU_MEMORYTYPE_DEVICE.</summary>
    public const int Device = 2;

    public nint FromX;
    public nint FromY;
    public int FromType;
    public void* FromHost;
    public nint FromDevice;
    public nint FromArray;
    public nint FromPitch;
    public nint ToX;
    public nint ToY;
    public int ToType;
    public void* ToHost;
    public nint ToDevice;
    public nint ToArray;
    public nint ToPitch;
    public nint Width;
    public nint Height;
}
