using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using GpuLoss.Kernels.Host;
using TorchSharp;

namespace GpuLoss.Interop.Torch;

/// <summary>
/// The threads torch computes with. libtorch's OpenMP workers keep spinning for a while after an operation; a second pool would fight them
/// for the processor, so the tiles of a loss run on the same workers, through the OpenMP runtime that libtorch has loaded.
/// </summary>
internal sealed unsafe class TorchThreadTeam : IThreadTeam
{
    private static readonly delegate* unmanaged<delegate* unmanaged<void*, void>, void*, uint, uint, void> Parallel = FindParallel();

    private TorchThreadTeam()
    {
    }

    /// <summary>The team: torch's own where its OpenMP runtime can be found (Linux), else .NET's thread pool.</summary>
    public static IThreadTeam Current => Parallel != null ? Instance : new ThreadPoolTeam(torch.get_num_threads());

    /// <summary>Whether <see cref="Current"/> runs on torch's OpenMP workers.</summary>
    public static bool IsTorchs => Parallel != null;

    /// <inheritdoc/>
    public int Size => torch.get_num_threads();

    private static TorchThreadTeam Instance { get; } = new();

    /// <inheritdoc/>
    public void Run(int threads, Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        var call = new Call(work);
        var handle = GCHandle.Alloc(call);
        try
        {
            Parallel(&RunOne, (void*)GCHandle.ToIntPtr(handle), (uint)threads, 0);
        }
        finally
        {
            handle.Free();
        }

        call.Failure?.Throw();
    }

    [UnmanagedCallersOnly]
    private static void RunOne(void* handle)
    {
        var call = (Call)GCHandle.FromIntPtr((nint)handle).Target!;
        try
        {
            call.Work();
        }
#pragma warning disable CA1031 // An exception that reached the OpenMP runtime would end the process; the caller rethrows it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            call.Failure = ExceptionDispatchInfo.Capture(exception);
        }
    }

    private static delegate* unmanaged<delegate* unmanaged<void*, void>, void*, uint, uint, void> FindParallel()
    {
        if (!OperatingSystem.IsLinux())
            return null;

        // libtorch ships its runtime under a name of its own (libgomp-….so.1). It has to be that very copy: another one has other threads.
        torch.InitializeDeviceType(DeviceType.CPU);
        var runtime = File.ReadLines("/proc/self/maps")
            .Select(line => line[(line.IndexOf('/', StringComparison.Ordinal) + 1)..])
            .FirstOrDefault(path => Path.GetFileName(path).StartsWith("libgomp", StringComparison.Ordinal));
        return runtime != null
            && NativeLibrary.TryLoad("/" + runtime, out var library)
            && NativeLibrary.TryGetExport(library, "GOMP_parallel", out var parallel)
                ? (delegate* unmanaged<delegate* unmanaged<void*, void>, void*, uint, uint, void>)parallel
                : null;
    }

    private sealed class Call(Action work)
    {
        public Action Work { get; } = work;

        public ExceptionDispatchInfo? Failure { get; set; }
    }
}
