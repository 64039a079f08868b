using GpuLoss.Distributed.Mpi;

namespace GpuLoss.Distributed;

/// <summary>What a bug report says of MPI.</summary>
public static class MpiReport
{
    /// <summary>The libraries that are found, their versions and binary interfaces, and whether they take addresses of a GPU's
    /// memory.</summary>
    public static string Describe()
    {
        List<string> found = [];
        foreach (var name in MpiLaunch.Libraries)
        {
            if (MpiLibrary.TryLoad([name], isGlobal: false, out var library)
                && !found.Exists(one => one.Contains(library.Version, StringComparison.Ordinal)))
                found.Add($"{library.Version} ({name}, {Abi(library.Abi)}; {CudaAware(library)})");
        }

        var launched = MpiLaunch.IsLaunched ? $"started by a launcher, {Communicator.world}" : "not started by a launcher: one rank";
        return found.Count == 0 ? $"no libmpi found; {launched}" : $"{string.Join("; ", found)}; {launched}";
    }

    private static string Abi(MpiAbi abi) => abi switch
    {
        MpiAbi.OpenMpi => "Open MPI's ABI",
        MpiAbi.Mpich => "MPICH's ABI",
        _ => "the ABI of MPI 5",
    };

    // MPICH must not be asked before it is initialised, and the doctor initialises nothing.
    private static string CudaAware(MpiLibrary library) => library.Abi != MpiAbi.OpenMpi ? "CUDA-awareness not known before MPI_Init"
        : library.IsCudaAware switch
        {
            true => "CUDA-aware",
            false => "not CUDA-aware",
            null => "CUDA-awareness not told",
        };
}
