using System.Globalization;
using System.Runtime.InteropServices;

namespace GpuLossTests;

/// <summary>What Linux knows of this process's memory.</summary>
internal static partial class NativeMemory
{
    private const int AddressSpace = 9;

    /// <summary>Resident bytes, after the garbage collector and malloc have given back what they can.</summary>
    public static long ResidentBytes()
    {
        Collect();
        _ = malloc_trim(0);
        return Status("VmRSS");
    }

    /// <summary>Runs all finalizers of what is unreachable.</summary>
    public static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }

    /// <summary>Runs an action while the process cannot have more than so many bytes of addresses beyond those that it has.</summary>
    public static void WithAtMost(long more, Action action)
    {
        Assert.Equal(0, getrlimit(AddressSpace, out var before));
        var limited = before with { Soft = (ulong)(Status("VmSize") + more) };
        Assert.Equal(0, setrlimit(AddressSpace, in limited));
        try
        {
            action();
        }
        finally
        {
            Assert.Equal(0, setrlimit(AddressSpace, in before));
        }
    }

    private static long Status(string field)
    {
        var line = File.ReadLines("/proc/self/status").Single(line => line.StartsWith(field + ':', StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(':', StringSplitOptions.TrimEntries)[1].Split(' ')[0], CultureInfo.InvariantCulture);
    }

    [LibraryImport("libc")]
    private static partial int malloc_trim(nuint pad);

    [LibraryImport("libc")]
    private static partial int getrlimit(int resource, out Limit limit);

    [LibraryImport("libc")]
    private static partial int setrlimit(int resource, in Limit limit);

    private record struct Limit(ulong Soft, ulong Hard);
}
