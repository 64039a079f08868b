using System.Runtime.InteropServices;

namespace GpuLoss.Cli.Training;

/// <summary>
/// Keeps freed memory in the process while it trains. glibc gives every large block back to the system at once, and each step of a training
/// takes the same blocks again: a third of the processor time went into zeroing pages.
/// </summary>
internal static partial class HeapSettings
{
    private const int TrimThreshold = -1;
    private const int MostMappedBlocks = -4;

    /// <summary>Applies the setting where the C library is glibc; elsewhere it does nothing.</summary>
    public static void KeepFreedBlocks()
    {
        if (!OperatingSystem.IsLinux() || !NativeLibrary.TryLoad("libc.so.6", out var libc)
            || !NativeLibrary.TryGetExport(libc, "mallopt", out _))
            return;
        _ = SetOption(MostMappedBlocks, 0);
        _ = SetOption(TrimThreshold, int.MaxValue);
    }

    [LibraryImport("libc.so.6", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);
}
