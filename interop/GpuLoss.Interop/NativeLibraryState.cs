using System.Runtime.InteropServices;

namespace GpuLoss.Interop;

/// <summary>What was found out about TorchSharp's native library.</summary>
/// <param name="Condition">Whether the library loads on every supported Linux.</param>
/// <param name="Path">The full path of the library that was inspected; <see langword="null"/> where none was.</param>
/// <param name="Explanation">Why, in words that follow "the library: ".</param>
internal sealed record NativeLibraryReport(NativeLibraryCondition Condition, string? Path, string Explanation);

/// <summary>
/// Tells whether the libLibTorchSharp.so beside a program is the package's own, which Debian 12 and Ubuntu 22.04 do not load, or the
/// repaired one that the build of a GpuLoss project puts in its place.
/// </summary>
internal static class NativeLibraryState
{
    /// <summary>Inspects the library that the running program loads, without loading it.</summary>
    /// <returns>The library's condition; see <see cref="Inspect(string)"/>.</returns>
    /// <exception cref="IOException">The library cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The library may not be read.</exception>
    public static NativeLibraryReport Inspect() => Inspect(AppContext.BaseDirectory);

    /// <summary>Inspects the library of the program in <paramref name="directory"/>, without loading it.</summary>
    /// <param name="directory">The program's folder. The library is looked for in it, and then in its runtimes/linux-x64/native.</param>
    /// <returns>
    /// The library's condition: <see cref="NativeLibraryCondition.NotNeeded"/> on any system but Linux x64, and
    /// <see cref="NativeLibraryCondition.NotFound"/> where there is no library in either place.
    /// </returns>
    /// <exception cref="ArgumentException"><paramref name="directory"/> is null, empty or blank.</exception>
    /// <exception cref="IOException">The library cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The library may not be read.</exception>
    public static NativeLibraryReport Inspect(string directory)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
            return new(NativeLibraryCondition.NotNeeded, null, "only Linux x64 has a library that may need repair");

        string[] places = [directory, Path.Combine(directory, "runtimes", "linux-x64", "native")];
        var library = places.Select(place => Path.GetFullPath(Path.Combine(place, "libLibTorchSharp.so"))).FirstOrDefault(File.Exists);
        if (library is null)
            return new(NativeLibraryCondition.NotFound, null, $"there is no libLibTorchSharp.so in {string.Join(" or ", places)}");

        var image = new LibTorchSharpImage(File.ReadAllBytes(library));
        return new(image.Condition, library, image.Explanation);
    }
}
