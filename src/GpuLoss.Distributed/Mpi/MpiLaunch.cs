using System.Globalization;

namespace GpuLoss.Distributed.Mpi;

/// <summary>What the launcher of this process left in its environment.</summary>
internal static class MpiLaunch
{
    /// <summary>Names a libmpi, by its path or as the dynamic linker finds it, in place of those that are looked for.</summary>
    public const string LibraryVariable = "GPULOSS_MPI_LIBRARY";

    private static readonly string[] OfOpenMpi = ["libmpi.so.40", "libmpi_abi.so.1", "libmpi.so"];
    private static readonly string[] OfMpich = ["libmpich.so.12", "libmpi.so.12", "libmpi_abi.so.1", "libmpi.so"];

    /// <summary>Whether a launcher of MPI started this process.</summary>
    public static bool IsLaunched => IsOpenMpi || IsHydra || Variable("PMIX_RANK") is not null;

    /// <summary>The libraries to try, in this order: the launcher's own first.</summary>
    public static IReadOnlyList<string> Libraries =>
        Variable(LibraryVariable) is { } named ? [named]
        : IsHydra && !IsOpenMpi ? [.. OfMpich.Union(OfOpenMpi)]
        : [.. OfOpenMpi.Union(OfMpich)];

    /// <summary>The number of this process among those of its node, which chooses a GPU; 0 where no launcher says.</summary>
    public static int LocalRank =>
        int.TryParse(
            Variable("OMPI_COMM_WORLD_LOCAL_RANK") ?? Variable("MPI_LOCALRANKID") ?? Variable("PMIX_LOCAL_RANK")
                ?? Variable("SLURM_LOCALID"),
            NumberStyles.None, CultureInfo.InvariantCulture, out var rank) ? rank : 0;

    private static bool IsOpenMpi => Variable("OMPI_COMM_WORLD_SIZE") is not null;

    private static bool IsHydra => Variable("PMI_RANK") is not null || Variable("PMI_SIZE") is not null;

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
