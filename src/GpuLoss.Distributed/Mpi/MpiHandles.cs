using System.Runtime.InteropServices;

namespace GpuLoss.Distributed.Mpi;

/// <summary>Which binary interface a libmpi has.</summary>
internal enum MpiAbi
{
    /// <summary>Handles are addresses of objects in the library.</summary>
    OpenMpi,

    /// <summary>Handles are 32-bit integers: MPICH, and Intel MPI, MVAPICH and Cray MPICH, which share its interface.</summary>
    Mpich,

    /// <summary>Handles are the constants of MPI 5.</summary>
    Standard,
}

/// <summary>The predefined handles that are needed, as a call passes them: all data travels as bytes, and sums are taken here.</summary>
/// <param name="World">MPI_COMM_WORLD.</param>
/// <param name="Byte">MPI_BYTE.</param>
/// <param name="ErrorsReturn">MPI_ERRORS_RETURN.</param>
/// <param name="Serialized">MPI_THREAD_SERIALIZED.</param>
internal readonly record struct MpiHandles(nint World, nint Byte, nint ErrorsReturn, int Serialized)
{
    private const int SerializedBeforeMpi5 = 2;

    /// <summary>The handles of a loaded library.</summary>
    public static MpiHandles Of(MpiAbi abi, nint library) => abi switch
    {
        MpiAbi.OpenMpi => new(
            NativeLibrary.GetExport(library, "ompi_mpi_comm_world"), NativeLibrary.GetExport(library, "ompi_mpi_byte"),
            NativeLibrary.GetExport(library, "ompi_mpi_errors_return"), SerializedBeforeMpi5),
        MpiAbi.Mpich => new(0x44000000, 0x4c00010d, 0x54000001, SerializedBeforeMpi5),
        _ => new(0x101, 0x247, 0x143, 2048),
    };
}
