using GpuLoss.Interop.Cuda;

namespace GpuLoss.Interop.Tests.Cuda;

/// <summary>A launch as the driver would see it.</summary>
internal sealed record RecordedLaunch(string Function, (int X, int Y, int Z) Grid, int Threads, nint Stream, byte[] Arguments, nint Context);

/// <summary>Stands in for the CUDA driver: remembers what it is asked, keeps a stack of contexts per thread, and fails when told to.</summary>
internal sealed unsafe class RecordingDriver : ICudaDriver
{
    public const nint PrimaryContext = 0xC0;

    [ThreadStatic]
    private static Stack<nint>? contexts;

    private readonly List<string> names = [];

    public List<RecordedLaunch> Launches { get; } = [];

    public int Modules { get; private set; }

    public int Retained { get; private set; }

    public Dictionary<string, int> Failures { get; } = [];

    public static Stack<nint> ContextsOfThread => contexts ??= new Stack<nint>();

    public int Init(uint flags) => Result(nameof(Init));

    public int DeviceGet(out int device, int ordinal)
    {
        device = ordinal;
        return Result(nameof(DeviceGet));
    }

    public int DevicePrimaryCtxRetain(out nint context, int device)
    {
        Retained++;
        context = PrimaryContext + device;
        return Result(nameof(DevicePrimaryCtxRetain));
    }

    public int CtxPushCurrent(nint context)
    {
        ContextsOfThread.Push(context);
        return 0;
    }

    public int CtxPopCurrent(out nint context)
    {
        context = ContextsOfThread.Pop();
        return 0;
    }

    public int ModuleLoadData(out nint module, byte* image)
    {
        lock (names)
        {
            Modules++;
            module = 1000 + Modules;
        }

        return Result(nameof(ModuleLoadData));
    }

    public int ModuleGetFunction(out nint function, nint module, string name)
    {
        lock (names)
        {
            names.Add(name);
            function = names.Count;
        }

        return 0;
    }

    public int LaunchKernel(nint function, (int X, int Y, int Z) grid, int threads, nint stream, void* arguments, nint size)
    {
        lock (names)
        {
            Launches.Add(new RecordedLaunch(
                names[(int)function - 1], grid, threads, stream, new Span<byte>(arguments, (int)size).ToArray(), ContextsOfThread.Peek()));
        }

        return Result(nameof(LaunchKernel));
    }

    public string ErrorName(int error) => $"CUDA_ERROR_{error}";

    public string ErrorText(int error) => "made up for a test";

    private int Result(string call) => Failures.GetValueOrDefault(call);
}
