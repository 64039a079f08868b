using System.Reflection;
using System.Runtime.InteropServices;

namespace GpuLoss.Interop.Tests.NativeLibrary;

/// <summary>What the build tells these tests about itself, and the system they need.</summary>
internal static class BuildFacts
{
    internal const string LibraryName = "libLibTorchSharp.so";

    internal static string Configuration => Value("Configuration");

    internal static string RepositoryRoot => Value("RepositoryRoot");

    internal static string TorchSharpPackage => Value("TorchSharpPackage");

    internal static string PackageLibraryFolder => Path.Combine(TorchSharpPackage, "runtimes", "linux-x64", "native");

    internal static string PackageLibrary => Path.Combine(PackageLibraryFolder, LibraryName);

    internal static string OutputLibrary => Path.Combine(AppContext.BaseDirectory, LibraryName);

    internal static bool IsLinuxX64 => OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64;

    internal static void RequireLinuxX64() => Assert.SkipUnless(IsLinuxX64, "Only TorchSharp's library for Linux x64 is repaired.");

    private static string Value(string key) =>
        typeof(BuildFacts).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
