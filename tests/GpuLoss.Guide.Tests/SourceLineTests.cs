namespace GpuLossTests;

/// <summary>The lines of the source.</summary>
public class SourceLineTests
{
    private const int LongestLine = 140;
    private const int LeastFiles = 500;

    [Fact]
    public void Lines_of_source_fit_a_screen()
    {
        var files = FilesUnder(Repository.Root).Order(StringComparer.Ordinal).ToList();
        Assert.InRange(files.Count, LeastFiles, int.MaxValue);
        var wide = files.SelectMany(file => File.ReadLines(file)
            .Select((line, index) => (Text: line, Number: index + 1))
            .Where(line => line.Text.Length > LongestLine)
            .Select(line => $"{Path.GetRelativePath(Repository.Root, file)}:{line.Number}: {line.Text.Length} characters")).ToList();
        Assert.True(wide.Count == 0, string.Join('\n', wide));
    }

    private static IEnumerable<string> FilesUnder(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*.cs"),
        .. Directory.EnumerateDirectories(folder).Where(IsOfSource).SelectMany(FilesUnder),
    ];

    private static bool IsOfSource(string folder) =>
        Path.GetFileName(folder) is var name && name is not ("bin" or "obj" or "artifacts") && !name.StartsWith('.');
}
