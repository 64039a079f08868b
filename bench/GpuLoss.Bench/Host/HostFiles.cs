using System.Globalization;
using System.Text.Json;

namespace GpuLoss.Bench.Host;

/// <summary>The comparison as files.</summary>
internal static class HostFiles
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    /// <summary>Writes Markdown, JSON and the chart.</summary>
    /// <returns>Their path without an ending: it names machine and date, so that results of several machines lie side by side.</returns>
    public static string Write(string folder, HostResults results)
    {
        Directory.CreateDirectory(folder);
        var words = results.Machine.Processor.ToLowerInvariant().Split(' ', '(', ')', '@', '/');
        var name = string.Create(
            CultureInfo.InvariantCulture,
            $"host-{string.Join('-', words.Where(word => word.Length > 0))}-{results.Machine.Threads}-threads-{results.Machine.Date}");
        var path = Path.Combine(folder, name);
        File.WriteAllText(path + ".md", HostTables.Of(results));
        File.WriteAllText(path + ".json", JsonSerializer.Serialize(results, Json) + "\n");
        HostChart.Save(path + ".png", results);
        return path;
    }
}
