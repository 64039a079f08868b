using System.Reflection;

namespace GpuLossTests;

/// <summary>The repository these tests were built from.</summary>
internal static class Repository
{
    internal static string Root => Value("RepositoryRoot");

    internal static string Configuration => Value("Configuration");

    /// <summary>The README and the pages of the guide, as paths from the root.</summary>
    internal static IEnumerable<string> Guide => FilesOf("src/guide", "*.md").Prepend("README.md");

    /// <summary>All pages for readers.</summary>
    internal static IEnumerable<string> Pages =>
        [.. Guide, .. FilesOf(".github", "*.md"), .. FilesOf("bench/results", "*.md"), "bench/README.md", "tests/README.md",
            "src/GpuLoss.Cli/README.md", "src/GpuLoss.Distributed/README.md"];

    internal static string PathOf(string relative) => Path.Combine(Root, relative);

    internal static string Read(string relative) => File.ReadAllText(PathOf(relative));

    internal static IEnumerable<string> FilesOf(string folder, string pattern) =>
        Directory.GetFiles(PathOf(folder), pattern).Select(file => Path.GetRelativePath(Root, file)).Order(StringComparer.Ordinal);

    private static string Value(string key) =>
        typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
