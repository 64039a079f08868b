using System.Runtime.InteropServices;
using GpuLoss.Interop.Cuda;

namespace GpuLoss.Interop.Tests.Cuda;

/// <summary>A launch as the driver would see it.</summary>
internal sealed record RecordedLaunch(
    string Function, (int X, int Y, int Z) Grid, int Threads, int SharedBytes, nint Stream, byte[] Arguments, nint Context);

/// <summary>
/// Stands in for the CUDA driver: remembers what it is asked, keeps a stack of contexts per thread, and fails when told to. Device memory
/// is host memory; an event has passed as soon as <see cref="IsBusy"/> is false.
/// </summary>
internal sealed unsafe class RecordingDriver : ICudaDriver
{
    public const nint PrimaryContext = 0xC0;
    public const int NotReady = 600;

    [ThreadStatic]
    private static Stack<nint>? contexts;

    private readonly Lock access = new();
    private readonly List<string> functions = [];
    private readonly Dictionary<nint, int> sharedBytes = [];

    public List<RecordedLaunch> Launches { get; } = [];

    /// <summary>The names of all calls, in order.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>Modules, events and page-locked blocks that are alive.</summary>
    public Dictionary<string, int> Alive { get; } = new() { ["module"] = 0, ["event"] = 0, ["host"] = 0 };

    public Dictionary<string, int> Failures { get; } = [];

    /// <summary>What the assembler writes where a module does not load.</summary>
    public string AssemblerLog { get; set; } = "";

    /// <summary>Whether the device has yet to reach the events.</summary>
    public bool IsBusy { get; set; }

    public static Stack<nint> ContextsOfThread => contexts ??= new Stack<nint>();

    public int Init(uint flags) => Result(nameof(Init));

    public int DriverGetVersion(int* version)
    {
        *version = 13000;
        return Result(nameof(DriverGetVersion));
    }

    public int DeviceGetCount(int* count)
    {
        *count = 2;
        return Result(nameof(DeviceGetCount));
    }

    public int DeviceGet(int* device, int ordinal)
    {
        *device = ordinal;
        return Result(nameof(DeviceGet));
    }

    public int DeviceGetName(byte* name, int length, int device)
    {
        Write("Made-up GPU"u8, name, length);
        return Result(nameof(DeviceGetName));
    }

    public int DeviceGetAttribute(int* value, CudaDeviceAttribute attribute, int device)
    {
        *value = 1000 * device + (int)attribute;
        return Result(nameof(DeviceGetAttribute));
    }

    public int DevicePrimaryCtxRetain(nint* context, int device)
    {
        *context = PrimaryContext + device;
        return Result(nameof(DevicePrimaryCtxRetain));
    }

    public int CtxPushCurrent(nint context)
    {
        var result = Result(nameof(CtxPushCurrent));
        if (result == 0)
            ContextsOfThread.Push(context);
        return result;
    }

    public int CtxPopCurrent(nint* context)
    {
        *context = ContextsOfThread.Pop();
        return Result(nameof(CtxPopCurrent));
    }

    public int CtxSynchronize() => InContext(nameof(CtxSynchronize));

    public int ModuleLoadDataEx(nint* module, byte* image, uint count, int* options, void** values)
    {
        var result = InContext(nameof(ModuleLoadDataEx));
        lock (access)
            *module = result == 0 ? 1000 + ++Alive["module"] : 0;
        if (result != 0)
            Write(System.Text.Encoding.UTF8.GetBytes(AssemblerLog), (byte*)values[0], (int)values[1]);
        return result;
    }

    public int ModuleUnload(nint module)
    {
        lock (access)
            Alive["module"]--;
        return InContext(nameof(ModuleUnload));
    }

    public int ModuleGetFunction(nint* function, nint module, byte* name)
    {
        lock (access)
        {
            functions.Add(Marshal.PtrToStringUTF8((nint)name)!);
            *function = functions.Count;
        }

        return InContext(nameof(ModuleGetFunction));
    }

    public int FuncGetAttribute(int* value, CudaFunctionAttribute attribute, nint function)
    {
        *value = (int)attribute;
        return InContext(nameof(FuncGetAttribute));
    }

    public int FuncSetAttribute(nint function, CudaFunctionAttribute attribute, int value)
    {
        Assert.Equal(CudaFunctionAttribute.MostDynamicSharedBytes, attribute);
        sharedBytes[function] = value;
        return InContext(nameof(FuncSetAttribute));
    }

    public int LaunchKernel(
        nint function, (int X, int Y, int Z) grid, int threads, int sharedBytes, nint stream, void* arguments, nint size)
    {
        Assert.True(sharedBytes <= this.sharedBytes.GetValueOrDefault(function), "More shared memory than was allowed.");
        lock (access)
        {
            Launches.Add(new RecordedLaunch(
                functions[(int)function - 1], grid, threads, sharedBytes, stream, new Span<byte>(arguments, (int)size).ToArray(),
                ContextsOfThread.Peek()));
        }

        return InContext(nameof(LaunchKernel));
    }

    public int MemAlloc(nint* address, nint bytes)
    {
        *address = (nint)NativeMemory.AllocZeroed((nuint)bytes);
        return InContext(nameof(MemAlloc));
    }

    public int MemFree(nint address)
    {
        NativeMemory.Free((void*)address);
        return InContext(nameof(MemFree));
    }

    public int MemHostAlloc(void** address, nint bytes, uint flags)
    {
        var result = InContext(nameof(MemHostAlloc));
        *address = result == 0 ? NativeMemory.Alloc((nuint)bytes) : null;
        Alive["host"] += result == 0 ? 1 : 0;
        return result;
    }

    public int MemcpyHtoD(nint to, void* from, nint bytes)
    {
        Buffer.MemoryCopy(from, (void*)to, bytes, bytes);
        return InContext(nameof(MemcpyHtoD));
    }

    public int MemcpyDtoH(void* to, nint from, nint bytes)
    {
        Buffer.MemoryCopy((void*)from, to, bytes, bytes);
        return InContext(nameof(MemcpyDtoH));
    }

    public int MemcpyDtoDAsync(nint to, nint from, nint bytes, nint stream)
    {
        Buffer.MemoryCopy((void*)from, (void*)to, bytes, bytes);
        return InContext(nameof(MemcpyDtoDAsync));
    }

    public int Memcpy2DAsync(CudaCopy* copy, nint stream)
    {
        Assert.Equal((CudaCopy.Device, CudaCopy.Host, 0), (copy->FromType, copy->ToType, stream));
        var result = InContext(nameof(Memcpy2DAsync));
        for (nint row = 0; row < copy->Height && result == 0; row++)
            Buffer.MemoryCopy((byte*)copy->FromDevice + row * copy->FromPitch, (byte*)copy->ToHost + row * copy->ToPitch, copy->ToPitch,
                copy->Width);
        return result;
    }

    public int EventCreate(nint* handle, uint flags)
    {
        var result = InContext(nameof(EventCreate));
        *handle = result == 0 ? ++Alive["event"] : 0;
        return result;
    }

    public int EventDestroy(nint handle)
    {
        Alive["event"]--;
        return InContext(nameof(EventDestroy));
    }

    public int EventRecord(nint handle, nint stream) => InContext(nameof(EventRecord));

    public int EventQuery(nint handle)
    {
        var result = InContext(nameof(EventQuery));
        return result == 0 && IsBusy ? NotReady : result;
    }

    public int EventSynchronize(nint handle)
    {
        IsBusy = false;
        return InContext(nameof(EventSynchronize));
    }

    public int EventElapsedTime(float* milliseconds, nint begin, nint end)
    {
        *milliseconds = 1;
        return InContext(nameof(EventElapsedTime));
    }

    public string ErrorName(int error) => $"CUDA_ERROR_{error}";

    public string ErrorText(int error) => "made up for a test";

    private static void Write(ReadOnlySpan<byte> text, byte* to, int length)
    {
        text.CopyTo(new Span<byte>(to, length));
        to[text.Length] = 0;
    }

    /// <summary>A call that needs a context, which has to be a primary one.</summary>
    private int InContext(string call)
    {
        Assert.InRange(ContextsOfThread.Peek(), PrimaryContext, PrimaryContext + 1);
        return Result(call);
    }

    private int Result(string call)
    {
        lock (access)
            Calls.Add(call);
        return Failures.GetValueOrDefault(call);
    }
}
