using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace GpuLoss.Interop.Cuda;

/// <summary>The CUDA driver of this machine, which comes with NVIDIA's kernel driver and not with libtorch.</summary>
internal sealed unsafe class CudaDriver : ICudaDriver
{
    private static readonly Lazy<(CudaDriver? Driver, string? WhyNot)> Loaded = new(Load);

    private readonly nint library;
    private readonly delegate* unmanaged<uint, int> init;
    private readonly delegate* unmanaged<int*, int> version;
    private readonly delegate* unmanaged<int*, int> deviceCount;
    private readonly delegate* unmanaged<int*, int, int> deviceGet;
    private readonly delegate* unmanaged<byte*, int, int, int> deviceName;
    private readonly delegate* unmanaged<int*, CudaDeviceAttribute, int, int> deviceAttribute;
    private readonly delegate* unmanaged<nint*, int, int> primaryRetain;
    private readonly delegate* unmanaged<nint, int> push;
    private readonly delegate* unmanaged<nint*, int> pop;
    private readonly delegate* unmanaged<int> synchronize;
    private readonly delegate* unmanaged<nint*, byte*, uint, int*, void**, int> moduleLoad;
    private readonly delegate* unmanaged<nint, int> moduleUnload;
    private readonly delegate* unmanaged<nint*, nint, byte*, int> moduleFunction;
    private readonly delegate* unmanaged<int*, CudaFunctionAttribute, nint, int> functionAttribute;
    private readonly delegate* unmanaged<nint, CudaFunctionAttribute, int, int> setFunctionAttribute;
    private readonly delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int> launch;
    private readonly delegate* unmanaged<nint*, nint, int> allocate;
    private readonly delegate* unmanaged<nint, int> free;
    private readonly delegate* unmanaged<void**, nint, uint, int> allocateHost;
    private readonly delegate* unmanaged<nint, void*, nint, int> copyToDevice;
    private readonly delegate* unmanaged<void*, nint, nint, int> copyToHost;
    private readonly delegate* unmanaged<nint, nint, nint, nint, int> copyOnDevice;
    private readonly delegate* unmanaged<CudaCopy*, nint, int> copyRows;
    private readonly delegate* unmanaged<nint*, uint, int> eventCreate;
    private readonly delegate* unmanaged<nint, int> eventDestroy;
    private readonly delegate* unmanaged<nint, nint, int> eventRecord;
    private readonly delegate* unmanaged<nint, int> eventQuery;
    private readonly delegate* unmanaged<nint, int> eventSynchronize;
    private readonly delegate* unmanaged<float*, nint, nint, int> eventElapsed;
    private readonly delegate* unmanaged<int, byte**, int> errorName;
    private readonly delegate* unmanaged<int, byte**, int> errorText;

    private CudaDriver(nint library)
    {
        this.library = library;
        init = (delegate* unmanaged<uint, int>)Export("cuInit");
        version = (delegate* unmanaged<int*, int>)Export("cuDriverGetVersion");
        deviceCount = (delegate* unmanaged<int*, int>)Export("cuDeviceGetCount");
        deviceGet = (delegate* unmanaged<int*, int, int>)Export("cuDeviceGet");
        deviceName = (delegate* unmanaged<byte*, int, int, int>)Export("cuDeviceGetName");
        deviceAttribute = (delegate* unmanaged<int*, CudaDeviceAttribute, int, int>)Export("cuDeviceGetAttribute");
        primaryRetain = (delegate* unmanaged<nint*, int, int>)Export("cuDevicePrimaryCtxRetain");
        push = (delegate* unmanaged<nint, int>)Export("cuCtxPushCurrent_v2");
        pop = (delegate* unmanaged<nint*, int>)Export("cuCtxPopCurrent_v2");
        synchronize = (delegate* unmanaged<int>)Export("cuCtxSynchronize");
        moduleLoad = (delegate* unmanaged<nint*, byte*, uint, int*, void**, int>)Export("cuModuleLoadDataEx");
        moduleUnload = (delegate* unmanaged<nint, int>)Export("cuModuleUnload");
        moduleFunction = (delegate* unmanaged<nint*, nint, byte*, int>)Export("cuModuleGetFunction");
        functionAttribute = (delegate* unmanaged<int*, CudaFunctionAttribute, nint, int>)Export("cuFuncGetAttribute");
        setFunctionAttribute = (delegate* unmanaged<nint, CudaFunctionAttribute, int, int>)Export("cuFuncSetAttribute");
        launch = (delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int>)Export("cuLaunchKernel");
        allocate = (delegate* unmanaged<nint*, nint, int>)Export("cuMemAlloc_v2");
        free = (delegate* unmanaged<nint, int>)Export("cuMemFree_v2");
        allocateHost = (delegate* unmanaged<void**, nint, uint, int>)Export("cuMemHostAlloc");
        copyToDevice = (delegate* unmanaged<nint, void*, nint, int>)Export("cuMemcpyHtoD_v2");
        copyToHost = (delegate* unmanaged<void*, nint, nint, int>)Export("cuMemcpyDtoH_v2");
        copyOnDevice = (delegate* unmanaged<nint, nint, nint, nint, int>)Export("cuMemcpyDtoDAsync_v2");
        copyRows = (delegate* unmanaged<CudaCopy*, nint, int>)Export("cuMemcpy2DAsync_v2");
        eventCreate = (delegate* unmanaged<nint*, uint, int>)Export("cuEventCreate");
        eventDestroy = (delegate* unmanaged<nint, int>)Export("cuEventDestroy_v2");
        eventRecord = (delegate* unmanaged<nint, nint, int>)Export("cuEventRecord");
        eventQuery = (delegate* unmanaged<nint, int>)Export("cuEventQuery");
        eventSynchronize = (delegate* unmanaged<nint, int>)Export("cuEventSynchronize");
        eventElapsed = (delegate* unmanaged<float*, nint, nint, int>)Export("cuEventElapsedTime");
        errorName = (delegate* unmanaged<int, byte**, int>)Export("cuGetErrorName");
        errorText = (delegate* unmanaged<int, byte**, int>)Export("cuGetErrorString");
    }

    private static string LibraryName => OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";

    /// <summary>The driver, or the reason why there is none.</summary>
    public static bool TryGet([NotNullWhen(true)] out CudaDriver? driver, [NotNullWhen(false)] out string? whyNot)
    {
        (driver, whyNot) = Loaded.Value;
        return driver != null;
    }

    public int Init(uint flags) => init(flags);

    public int DriverGetVersion(int* version) => this.version(version);

    public int DeviceGetCount(int* count) => deviceCount(count);

    public int DeviceGet(int* device, int ordinal) => deviceGet(device, ordinal);

    public int DeviceGetName(byte* name, int length, int device) => deviceName(name, length, device);

    public int DeviceGetAttribute(int* value, CudaDeviceAttribute attribute, int device) => deviceAttribute(value, attribute, device);

    public int DevicePrimaryCtxRetain(nint* context, int device) => primaryRetain(context, device);

    public int CtxPushCurrent(nint context) => push(context);

    public int CtxPopCurrent(nint* context) => pop(context);

    public int CtxSynchronize() => synchronize();

    public int ModuleLoadDataEx(nint* module, byte* image, uint count, int* options, void** values) =>
        moduleLoad(module, image, count, options, values);

    public int ModuleUnload(nint module) => moduleUnload(module);

    public int ModuleGetFunction(nint* function, nint module, byte* name) => moduleFunction(function, module, name);

    public int FuncGetAttribute(int* value, CudaFunctionAttribute attribute, nint function) =>
        functionAttribute(value, attribute, function);

    public int FuncSetAttribute(nint function, CudaFunctionAttribute attribute, int value) =>
        setFunctionAttribute(function, attribute, value);

    public int LaunchKernel(
        nint function, (int X, int Y, int Z) grid, int threads, int sharedBytes, nint stream, void* arguments, nint size)
    {
        // CU_LAUNCH_PARAM_BUFFER_POINTER, CU_LAUNCH_PARAM_BUFFER_SIZE, CU_LAUNCH_PARAM_END.
        var extra = stackalloc void*[] { (void*)1, arguments, (void*)2, &size, null };
        return launch(function, (uint)grid.X, (uint)grid.Y, (uint)grid.Z, (uint)threads, 1, 1, (uint)sharedBytes, stream, null, extra);
    }

    public int MemAlloc(nint* address, nint bytes) => allocate(address, bytes);

    public int MemFree(nint address) => free(address);

    public int MemHostAlloc(void** address, nint bytes, uint flags) => allocateHost(address, bytes, flags);

    public int MemcpyHtoD(nint to, void* from, nint bytes) => copyToDevice(to, from, bytes);

    public int MemcpyDtoH(void* to, nint from, nint bytes) => copyToHost(to, from, bytes);

    public int MemcpyDtoDAsync(nint to, nint from, nint bytes, nint stream) => copyOnDevice(to, from, bytes, stream);

    public int Memcpy2DAsync(CudaCopy* copy, nint stream) => copyRows(copy, stream);

    public int EventCreate(nint* handle, uint flags) => eventCreate(handle, flags);

    public int EventDestroy(nint handle) => eventDestroy(handle);

    public int EventRecord(nint handle, nint stream) => eventRecord(handle, stream);

    public int EventQuery(nint handle) => eventQuery(handle);

    public int EventSynchronize(nint handle) => eventSynchronize(handle);

    public int EventElapsedTime(float* milliseconds, nint begin, nint end) => eventElapsed(milliseconds, begin, end);

    public string ErrorName(int error) => Text(errorName, error);

    public string ErrorText(int error) => Text(errorText, error);

    private static string Text(delegate* unmanaged<int, byte**, int> function, int error)
    {
        byte* text;
        return function(error, &text) == 0 ? Marshal.PtrToStringUTF8((nint)text)! : "unknown error";
    }

    private static (CudaDriver?, string?) Load()
    {
        if (!NativeLibrary.TryLoad(LibraryName, out var library))
            return (null, $"the CUDA driver ({LibraryName}) is not installed");
        try
        {
            return (new CudaDriver(library), null);
        }
        catch (EntryPointNotFoundException exception)
        {
            return (null, $"the CUDA driver ({LibraryName}) is too old: {exception.Message}");
        }
    }

    private void* Export(string name) => (void*)NativeLibrary.GetExport(library, name);
}
