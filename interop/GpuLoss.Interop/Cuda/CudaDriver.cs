using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace GpuLoss.Interop.Cuda;

/// <summary>The CUDA driver of this machine, which comes with NVIDIA's kernel driver and not with libtorch.</summary>
internal sealed unsafe class CudaDriver : ICudaDriver
{
    private static readonly Lazy<(CudaDriver? Driver, string? WhyNot)> Loaded = new(Load);

    private readonly nint library;
    private readonly delegate* unmanaged<uint, int> init;
    private readonly delegate* unmanaged<int*, int, int> deviceGet;
    private readonly delegate* unmanaged<nint*, int, int> primaryRetain;
    private readonly delegate* unmanaged<nint, int> push;
    private readonly delegate* unmanaged<nint*, int> pop;
    private readonly delegate* unmanaged<nint*, byte*, int> moduleLoad;
    private readonly delegate* unmanaged<nint*, nint, byte*, int> moduleFunction;
    private readonly delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int> launch;
    private readonly delegate* unmanaged<int, byte**, int> errorName;
    private readonly delegate* unmanaged<int, byte**, int> errorText;

    private CudaDriver(nint library)
    {
        this.library = library;
        init = (delegate* unmanaged<uint, int>)Export("cuInit");
        deviceGet = (delegate* unmanaged<int*, int, int>)Export("cuDeviceGet");
        primaryRetain = (delegate* unmanaged<nint*, int, int>)Export("cuDevicePrimaryCtxRetain");
        push = (delegate* unmanaged<nint, int>)Export("cuCtxPushCurrent_v2");
        pop = (delegate* unmanaged<nint*, int>)Export("cuCtxPopCurrent_v2");
        moduleLoad = (delegate* unmanaged<nint*, byte*, int>)Export("cuModuleLoadData");
        moduleFunction = (delegate* unmanaged<nint*, nint, byte*, int>)Export("cuModuleGetFunction");
        launch = (delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int>)Export("cuLaunchKernel");
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

    public int DeviceGet(out int device, int ordinal)
    {
        fixed (int* result = &device)
            return deviceGet(result, ordinal);
    }

    public int DevicePrimaryCtxRetain(out nint context, int device)
    {
        fixed (nint* result = &context)
            return primaryRetain(result, device);
    }

    public int CtxPushCurrent(nint context) => push(context);

    public int CtxPopCurrent(out nint context)
    {
        fixed (nint* result = &context)
            return pop(result);
    }

    public int ModuleLoadData(out nint module, byte* image)
    {
        fixed (nint* result = &module)
            return moduleLoad(result, image);
    }

    public int ModuleGetFunction(out nint function, nint module, string name)
    {
        var text = Marshal.StringToCoTaskMemUTF8(name);
        try
        {
            fixed (nint* result = &function)
                return moduleFunction(result, module, (byte*)text);
        }
        finally
        {
            Marshal.FreeCoTaskMem(text);
        }
    }

    public int LaunchKernel(nint function, (int X, int Y, int Z) grid, int threads, nint stream, void* arguments, nint size)
    {
        // CU_LAUNCH_PARAM_BUFFER_POINTER, CU_LAUNCH_PARAM_BUFFER_SIZE, CU_LAUNCH_PARAM_END.
        var extra = stackalloc void*[] { (void*)1, arguments, (void*)2, &size, null };
        return launch(function, (uint)grid.X, (uint)grid.Y, (uint)grid.Z, (uint)threads, 1, 1, 0, stream, null, extra);
    }

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
