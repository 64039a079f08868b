using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using GpuLoss.Interop.Cuda;

namespace GpuLoss.PtxMachine;

/// <summary>A launch and what it took.</summary>
/// <param name="Function">The name of the kernel in its text.</param>
/// <param name="Grid">The blocks.</param>
/// <param name="Threads">Those of a block.</param>
/// <param name="Counters">What it took.</param>
/// <param name="Ptx">The text that the driver was given.</param>
internal sealed record MachineLaunch(string Function, (int X, int Y, int Z) Grid, int Threads, LaunchCounters Counters, string Ptx);

/// <summary>
/// The CUDA driver of a GPU that is not there. Its memory is the host's and a launch is over when the call returns; whatever a kernel does
/// that it must not ends the launch with an exception.
/// </summary>
internal sealed unsafe class MachineDriver(MachineOptions? options = null) : ICudaDriver
{
    private const nint PrimaryContext = 0xC0;
    private const int InvalidValue = 1; // CUDA_ERROR_INVALID_VALUE
    private const int InvalidPtx = 218; // CUDA_ERROR_INVALID_PTX
    private const int NotFound = 500; // CUDA_ERROR_NOT_FOUND

    /// <summary>What a block has of shared memory without asking.</summary>
    private const int SharedBytesUnasked = 48 << 10;

    private const nuint Alignment = 256;

    private static readonly ConcurrentDictionary<(string Text, bool Fuses), Lazy<PtxModule>> Modules = new();

    [ThreadStatic]
    private static Stack<nint>? contexts;

    private readonly MachineOptions options = options ?? new MachineOptions();
    private readonly Lock access = new();
    private readonly List<PtxModule?> modules = [];
    private readonly List<PtxFunction> functions = [];
    private readonly Dictionary<nint, int> allowedSharedBytes = [];
    private int events;

    /// <summary>What kernels may read and write.</summary>
    public GlobalMemory Memory { get; } = new(options?.WatchesMemory ?? true);

    /// <summary>The launches so far.</summary>
    public List<MachineLaunch> Launches { get; } = [];

    public int Init(uint flags) => 0;

    public int DriverGetVersion(int* version) => Give(version, 13000);

    public int DeviceGetCount(int* count) => Give(count, 1);

    public int DeviceGet(int* device, int ordinal) => ordinal == 0 ? Give(device, ordinal) : InvalidValue;

    public int DeviceGetName(byte* name, int length, int device) => Write("PTX machine", name, length);

    public int DeviceGetAttribute(int* value, CudaDeviceAttribute attribute, int device) => Give(value, attribute switch
    {
        CudaDeviceAttribute.MultiprocessorCount => options.Multiprocessors,
        CudaDeviceAttribute.L2CacheSize => 50 << 20,
        CudaDeviceAttribute.ComputeCapabilityMajor => 9,
        _ => 0,
    });

    public int DevicePrimaryCtxRetain(nint* context, int device) => Give(context, PrimaryContext);

    public int CtxPushCurrent(nint context)
    {
        (contexts ??= new Stack<nint>()).Push(context);
        return 0;
    }

    public int CtxPopCurrent(nint* context) => Give(context, contexts!.Pop());

    public int CtxSynchronize() => 0;

    public int ModuleLoadDataEx(nint* module, byte* image, uint count, int* options, void** values)
    {
        var key = (Text: Marshal.PtrToStringUTF8((nint)image)!, this.options.Fuses);
        try
        {
            var parsed = Modules.GetOrAdd(key, static key => new Lazy<PtxModule>(() => PtxModule.Parse(key.Text, key.Fuses))).Value;
            lock (access)
            {
                modules.Add(parsed);
                return Give(module, modules.Count);
            }
        }
        catch (PtxSyntaxException error)
        {
            _ = Write(error.Message, (byte*)values[0], (int)values[1]);
            return InvalidPtx;
        }
    }

    public int ModuleUnload(nint module)
    {
        modules[(int)module - 1] = null;
        return 0;
    }

    public int ModuleGetFunction(nint* function, nint module, byte* name)
    {
        lock (access)
        {
            if (modules[(int)module - 1] is not { } loaded
                || !loaded.Functions.TryGetValue(Marshal.PtrToStringUTF8((nint)name)!, out var found))
                return NotFound;
            functions.Add(found);
            return Give(function, functions.Count);
        }
    }

    public int FuncGetAttribute(int* value, CudaFunctionAttribute attribute, nint function) => Give(value, attribute switch
    {
        CudaFunctionAttribute.SharedBytes => functions[(int)function - 1].SharedBytes,
        CudaFunctionAttribute.LocalBytes => functions[(int)function - 1].LocalBytes,
        _ => 0,
    });

    public int FuncSetAttribute(nint function, CudaFunctionAttribute attribute, int value)
    {
        if (attribute != CudaFunctionAttribute.MostDynamicSharedBytes
            || value + functions[(int)function - 1].SharedBytes > options.MostSharedBytes)
            return InvalidValue;
        allowedSharedBytes[function] = value;
        return 0;
    }

    public int LaunchKernel(
        nint function, (int X, int Y, int Z) grid, int threads, int sharedBytes, nint stream, void* arguments, nint size)
    {
        lock (access)
        {
            var kernel = functions[(int)function - 1];
            var allowed = allowedSharedBytes.GetValueOrDefault(function);
            if (kernel.SharedBytes > SharedBytesUnasked || (sharedBytes > allowed && kernel.SharedBytes + sharedBytes > SharedBytesUnasked))
            {
                throw new PtxLaunchException(
                    $"{kernel.Name} has {kernel.SharedBytes} and asks for {sharedBytes} bytes of shared memory, more than it may.");
            }

            if (threads < 1 || threads > (kernel.MostThreads == 0 ? 1024 : kernel.MostThreads))
                throw new PtxLaunchException($"{kernel.Name} takes no blocks of {threads} threads.");
            if (grid.X < 1 || grid.Y is < 1 or > 65535 || grid.Z is < 1 or > 65535)
                throw new PtxLaunchException($"{kernel.Name} takes no grid of {grid} blocks.");
            if (!kernel.IsKernel || size != kernel.ParameterBytes)
                throw new PtxLaunchException($"{kernel.Name} has {kernel.ParameterBytes} bytes of parameters, not {size}.");
            var parameters = new Span<byte>(arguments, (int)size).ToArray();
            var launch = new Launch(kernel, parameters, grid, threads, sharedBytes, options, Memory);
            Launches.Add(new MachineLaunch(kernel.Name, grid, threads, launch.Run(), kernel.Module.Text));
            return 0;
        }
    }

    public int MemAlloc(nint* address, nint bytes)
    {
        lock (access)
        {
            var begin = (nint)NativeMemory.AlignedAlloc((nuint)bytes, Alignment);
            Memory.Add((ulong)begin, bytes, isWritten: false);
            return Give(address, begin);
        }
    }

    public int MemFree(nint address)
    {
        lock (access)
        {
            if (!Memory.Remove((ulong)address))
                return InvalidValue;
            NativeMemory.AlignedFree((void*)address);
            return 0;
        }
    }

    public int MemHostAlloc(void** address, nint bytes, uint flags)
    {
        *address = NativeMemory.Alloc((nuint)bytes);
        return 0;
    }

    public int MemcpyHtoD(nint to, void* from, nint bytes)
    {
        lock (access)
        {
            Memory.MarkWritten((ulong)to, bytes);
            Buffer.MemoryCopy(from, (void*)to, bytes, bytes);
            return 0;
        }
    }

    public int MemcpyDtoH(void* to, nint from, nint bytes)
    {
        Buffer.MemoryCopy((void*)from, to, bytes, bytes);
        return 0;
    }

    public int MemcpyDtoDAsync(nint to, nint from, nint bytes, nint stream) => MemcpyHtoD(to, (void*)from, bytes);

    public int Memcpy2DAsync(CudaCopy* copy, nint stream)
    {
        if (copy->FromType != CudaCopy.Device || copy->ToType != CudaCopy.Host)
            return InvalidValue;
        for (nint row = 0; row < copy->Height; row++)
            Buffer.MemoryCopy((byte*)copy->FromDevice + row * copy->FromPitch, (byte*)copy->ToHost + row * copy->ToPitch, copy->ToPitch,
                copy->Width);
        return 0;
    }

    public int EventCreate(nint* handle, uint flags) => Give(handle, Interlocked.Increment(ref events));

    public int EventDestroy(nint handle) => 0;

    public int EventRecord(nint handle, nint stream) => 0;

    public int EventQuery(nint handle) => 0;

    public int EventSynchronize(nint handle) => 0;

    public int EventElapsedTime(float* milliseconds, nint begin, nint end)
    {
        *milliseconds = 0;
        return 0;
    }

    public string ErrorName(int error) => $"CUDA_ERROR_{error}";

    public string ErrorText(int error) => error == InvalidPtx ? "the PTX machine does not know this PTX" : "the PTX machine refuses";

    private static int Give<T>(T* to, T value)
        where T : unmanaged
    {
        *to = value;
        return 0;
    }

    private static int Write(string text, byte* to, int length)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var count = Math.Min(bytes.Length, length - 1);
        bytes.AsSpan(0, count).CopyTo(new Span<byte>(to, count));
        to[count] = 0;
        return 0;
    }
}
