using System.Globalization;
using System.Runtime.InteropServices;
using GpuLoss.Kernels.Host;
using TorchSharp;

namespace GpuLoss.Cli.Reporting;

/// <summary>What a time depends on beside the program.</summary>
internal sealed partial record MachineFacts
{
    private const string ProcessorFacts = "/proc/cpuinfo";
    private const string HugePages = "/sys/kernel/mm/transparent_hugepage/enabled";
    private const string LibC = "libc.so.6";
    private const string VersionFunction = "gnu_get_libc_version";

    /// <summary>The name the processor gives itself.</summary>
    public string Processor { get; init; } = ReadProcessor();

    public int LogicalProcessors { get; init; } = Environment.ProcessorCount;

    /// <summary>The threads of torch, which the losses use too.</summary>
    public int Threads { get; init; } = torch.get_num_threads();

    /// <summary>The registers the host kernels use.</summary>
    public string Registers { get; init; } = HostEngine.WidestRegisters.ToString();

    public string System { get; init; } = RuntimeInformation.OSDescription;

    /// <summary>The version of glibc, whose malloc torch allocates with.</summary>
    public string Glibc { get; init; } = ReadGlibc();

    /// <summary>When the system gives a process huge pages: always, on madvise, or never.</summary>
    public string TransparentHugePages { get; init; } = ReadHugePages();

    public string Torch { get; init; } = torch.__version__.ToString();

    public string DotNet { get; init; } = Environment.Version.ToString();

    public string GpuLoss { get; init; } = Versions.GpuLoss;

    public string Date { get; init; } = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>The name the processor gives itself, or its architecture where it gives none.</summary>
    public static string ReadProcessor()
    {
        var lines = File.Exists(ProcessorFacts) ? File.ReadLines(ProcessorFacts) : [];
        return lines.FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[^1].Trim()
            ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    /// <summary>All of it in three lines.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        {Processor}, {LogicalProcessors} logical processors, {Threads} threads, {Registers};
        {System}, glibc {Glibc}, transparent huge pages: {TransparentHugePages};
        GpuLoss {GpuLoss}, libtorch {Torch}, .NET {DotNet}; {Date}
        """);

    private static string ReadGlibc() =>
        NativeLibrary.TryLoad(LibC, out var library) && NativeLibrary.TryGetExport(library, VersionFunction, out _)
            ? Marshal.PtrToStringUTF8(GlibcVersion())!
            : "none";

    private static string ReadHugePages() => File.Exists(HugePages)
        ? File.ReadAllText(HugePages).Split('[', ']').ElementAtOrDefault(1) ?? "unknown"
        : "none";

    [LibraryImport(LibC, EntryPoint = VersionFunction)]
    private static partial nint GlibcVersion();
}
