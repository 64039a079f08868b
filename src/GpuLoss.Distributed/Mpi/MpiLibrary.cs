using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;

namespace GpuLoss.Distributed.Mpi;

/// <summary>The functions of a libmpi. Handles are passed as words: a library whose handles are integers reads the low half.</summary>
internal sealed unsafe partial class MpiLibrary
{
    private const int LongestText = 8192; // what the largest of MPI_MAX_LIBRARY_VERSION_STRING and MPI_MAX_ERROR_STRING is
    private const int LazyAndGlobal = 0x101; // RTLD_LAZY | RTLD_GLOBAL: Open MPI's plugins look for its symbols in the global scope

    private static readonly string[] MpichAndItsKin = ["MPICH", "Intel(R) MPI", "MVAPICH"];

    private readonly delegate* unmanaged<void*, void*, int, int*, int> initThread;
    private readonly delegate* unmanaged<int*, int> initialized;
    private readonly delegate* unmanaged<int> finalize;
    private readonly delegate* unmanaged<nint, int, int> abort;
    private readonly delegate* unmanaged<nint, int*, int> rank;
    private readonly delegate* unmanaged<nint, int*, int> size;
    private readonly delegate* unmanaged<nint, nint, int> setErrorHandler;
    private readonly delegate* unmanaged<int, byte*, int*, int> errorText;
    private readonly delegate* unmanaged<nint, int> barrier;
    private readonly delegate* unmanaged<void*, int, nint, int, nint, int> broadcast;
    private readonly delegate* unmanaged<void*, int, nint, void*, int, nint, nint, int> allGather;
    private readonly delegate* unmanaged<void*, int, nint, void*, int*, int*, nint, nint, int> allGatherVarying;
    private readonly delegate* unmanaged<void*, int, nint, void*, int, nint, nint, int> allToAll;
    private readonly delegate* unmanaged<int> cudaSupport;
    private readonly MpiHandles handles;

    private MpiLibrary(string name, nint library)
    {
        Name = name;
        Version = ReadVersion(library);
        Abi = AbiOf(name, library, Version);
        handles = MpiHandles.Of(Abi, library);
        initThread = (delegate* unmanaged<void*, void*, int, int*, int>)Export(library, "MPI_Init_thread");
        initialized = (delegate* unmanaged<int*, int>)Export(library, "MPI_Initialized");
        finalize = (delegate* unmanaged<int>)Export(library, "MPI_Finalize");
        abort = (delegate* unmanaged<nint, int, int>)Export(library, "MPI_Abort");
        rank = (delegate* unmanaged<nint, int*, int>)Export(library, "MPI_Comm_rank");
        size = (delegate* unmanaged<nint, int*, int>)Export(library, "MPI_Comm_size");
        setErrorHandler = (delegate* unmanaged<nint, nint, int>)Export(library, "MPI_Comm_set_errhandler");
        errorText = (delegate* unmanaged<int, byte*, int*, int>)Export(library, "MPI_Error_string");
        barrier = (delegate* unmanaged<nint, int>)Export(library, "MPI_Barrier");
        broadcast = (delegate* unmanaged<void*, int, nint, int, nint, int>)Export(library, "MPI_Bcast");
        allGather = (delegate* unmanaged<void*, int, nint, void*, int, nint, nint, int>)Export(library, "MPI_Allgather");
        allGatherVarying = (delegate* unmanaged<void*, int, nint, void*, int*, int*, nint, nint, int>)Export(library, "MPI_Allgatherv");
        allToAll = (delegate* unmanaged<void*, int, nint, void*, int, nint, nint, int>)Export(library, "MPI_Alltoall");
        if (NativeLibrary.TryGetExport(library, "MPIX_Query_cuda_support", out var query))
            cudaSupport = (delegate* unmanaged<int>)query;
    }

    /// <summary>The name it was loaded by.</summary>
    public string Name { get; }

    /// <summary>Its name and version, the beginning of what it says of itself.</summary>
    public string Version { get; }

    /// <summary>Its binary interface.</summary>
    public MpiAbi Abi { get; }

    /// <summary>Whether it takes addresses of a GPU's memory; null where it does not say. MPICH may only be asked after its
    /// initialisation.</summary>
    public bool? IsCudaAware => cudaSupport is null ? null : cudaSupport() != 0;

    /// <summary>Loads the first of several libraries that is there.</summary>
    /// <param name="names">Their names.</param>
    /// <param name="isGlobal">Whether its symbols are for its plugins too: only to ask it its version they need not be.</param>
    /// <param name="library">The library.</param>
    /// <exception cref="EntryPointNotFoundException">A library lacks a function of MPI.</exception>
    public static bool TryLoad(IEnumerable<string> names, bool isGlobal, [NotNullWhen(true)] out MpiLibrary? library)
    {
        foreach (var name in names)
        {
            if (isGlobal && OperatingSystem.IsLinux())
                _ = OpenLibrary(name, LazyAndGlobal);
            if (!NativeLibrary.TryLoad(name, out var handle))
                continue;
            library = new MpiLibrary(name, handle);
            return true;
        }

        library = null;
        return false;
    }

    /// <summary>Initialises MPI for calls from any one thread at a time, and has errors returned.</summary>
    /// <returns>Whether that many threads are allowed: else only the calling one is.</returns>
    public bool Initialize()
    {
        int already, provided = handles.Serialized;
        Check(initialized(&already), "MPI_Initialized");
        if (already == 0)
            Check(initThread(null, null, handles.Serialized, &provided), "MPI_Init_thread");
        Check(setErrorHandler(handles.World, handles.ErrorsReturn), "MPI_Comm_set_errhandler");
        return provided >= handles.Serialized;
    }

    public int Rank()
    {
        int result;
        Check(rank(handles.World, &result), "MPI_Comm_rank");
        return result;
    }

    public int Size()
    {
        int result;
        Check(size(handles.World, &result), "MPI_Comm_size");
        return result;
    }

    public void Finish() => Check(finalize(), "MPI_Finalize");

    public void Abort(int code) => _ = abort(handles.World, code);

    public void Barrier() => Check(barrier(handles.World), "MPI_Barrier");

    public void Broadcast(nint data, int bytes, int root) =>
        Check(broadcast((void*)data, bytes, handles.Byte, root, handles.World), "MPI_Bcast");

    public void AllGather(void* own, void* all, int bytes) =>
        Check(allGather(own, bytes, handles.Byte, all, bytes, handles.Byte, handles.World), "MPI_Allgather");

    public void AllGather(void* own, int bytes, void* all, int* counts, int* offsets) =>
        Check(allGatherVarying(own, bytes, handles.Byte, all, counts, offsets, handles.Byte, handles.World), "MPI_Allgatherv");

    public void AllToAll(void* own, void* all, int bytes) =>
        Check(allToAll(own, bytes, handles.Byte, all, bytes, handles.Byte, handles.World), "MPI_Alltoall");

    private static nint Export(nint library, string name) => NativeLibrary.GetExport(library, name);

    private static string ReadVersion(nint library)
    {
        var get = (delegate* unmanaged<byte*, int*, int>)Export(library, "MPI_Get_library_version");
        var text = stackalloc byte[LongestText];
        int length;
        _ = get(text, &length);
        var all = Encoding.UTF8.GetString(text, Math.Clamp(length, 0, LongestText)).Trim('\0', '\n', ' ');
        return string.Join(' ', all.Split('\n')[0].Split(',')[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    private static MpiAbi AbiOf(string name, nint library, string version)
    {
        if (name.Contains("libmpi_abi", StringComparison.Ordinal))
            return MpiAbi.Standard;
        if (NativeLibrary.TryGetExport(library, "ompi_mpi_comm_world", out _))
            return MpiAbi.OpenMpi;
        return MpichAndItsKin.Any(kin => version.Contains(kin, StringComparison.OrdinalIgnoreCase))
            ? MpiAbi.Mpich
            : throw new NotSupportedException(
                $"{name} is neither Open MPI nor MPICH nor of their kin, nor libmpi_abi of MPI 5; it says: {version}");
    }

    [LibraryImport("libc", EntryPoint = "dlopen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint OpenLibrary(string name, int mode);

    private void Check(int code, string function)
    {
        if (code == 0)
            return;
        var text = stackalloc byte[LongestText];
        int length;
        throw new MpiException(
            function, errorText(code, text, &length) == 0 ? Encoding.UTF8.GetString(text, Math.Clamp(length, 0, LongestText))
                : $"error {code}");
    }
}
