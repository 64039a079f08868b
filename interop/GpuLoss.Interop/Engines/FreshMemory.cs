using System.Runtime.InteropServices;
using GpuLoss.Kernels.Host;

namespace GpuLoss.Interop.Engines;

/// <summary>
/// Makes Linux provide the pages of a large tensor that is about to be written for the first time. glibc gives large blocks back to the
/// system and takes fresh ones; their first write would fault once per 4 KiB, which can take many times as long as the loss itself. Huge
/// pages are asked for, and all pages are provided in a few calls instead of one fault each. The tensor is as large and lives as long as it
/// would otherwise; where the pages are there already, next to nothing happens.
/// </summary>
internal static partial class FreshMemory
{
    private const long HugePage = 2L << 20;
    private const int AdviceHugePage = 14; // MADV_HUGEPAGE
    private const int PopulateWrite = 23; // MADV_POPULATE_WRITE, Linux 5.14

    /// <summary>Below this the faults cost less than the calls.</summary>
    private const long LeastBytes = 1L << 20;

    private const int Probes = 5;

    /// <summary>Provides the pages of a tensor that will be written as a whole.</summary>
    /// <param name="address">Its first byte.</param>
    /// <param name="bytes">Its size.</param>
    /// <param name="team">The threads that share the clearing of the pages.</param>
    public static void Provide(nint address, long bytes, IThreadTeam team)
    {
        if (bytes < LeastBytes || !OperatingSystem.IsLinux() || IsProvided(address, bytes))
            return;

        // Advice that is refused, by an old kernel or where huge pages are off, is no error: the pages then come as they always do.
        var first = AlignUp(address, HugePage);
        var end = (address + (nint)bytes) & -(nint)HugePage;
        if (end > first)
            _ = Madvise(first, end - first, AdviceHugePage);

        // The pieces end where huge pages do, so that no two threads clear the same one.
        var begin = address & -(nint)Environment.SystemPageSize;
        var pieces = 1 + Math.Max(0, (address + bytes - first + HugePage - 1) / HugePage);
        var claimed = 0L;
        void Populate()
        {
            for (var piece = Interlocked.Increment(ref claimed) - 1; piece < pieces; piece = Interlocked.Increment(ref claimed) - 1)
            {
                var from = piece == 0 ? begin : first + (nint)((piece - 1) * HugePage);
                var to = Math.Min(first + (nint)(piece * HugePage), address + (nint)bytes);
                if (to > from)
                    _ = Madvise(from, to - from, PopulateWrite);
            }
        }

        team.Run((int)Math.Min(team.Size, pieces), Populate);
    }

    /// <summary>
    /// Whether some pages from all over the tensor are there. A block that the heap kept has all of its pages, a new one none; walking the
    /// page tables of the former for nothing would take a thirtieth of the time of the loss.
    /// </summary>
    private static bool IsProvided(nint address, long bytes)
    {
        for (var probe = 0; probe < Probes; probe++)
        {
            var page = (address + (nint)((bytes - 1) / (Probes - 1) * probe)) & -(nint)Environment.SystemPageSize;
            if (Mincore(page, 1, out var isResident) != 0 || (isResident & 1) == 0)
                return false;
        }

        return true;
    }

    private static nint AlignUp(nint address, long alignment) => (address + (nint)alignment - 1) & -(nint)alignment;

    [LibraryImport("libc", EntryPoint = "mincore")]
    private static partial int Mincore(nint address, nint length, out byte isResident);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Madvise(nint address, nint length, int advice);
}
