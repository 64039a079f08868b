using System.Globalization;
using System.Text.Json;
using GpuLoss.Cli.Reporting;

namespace GpuLoss.Bench.Host;

/// <summary>The comparison as files.</summary>
internal static class HostFiles
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    /// <summary>Writes the table of the losses of shapes.</summary>
    /// <returns>Its path.</returns>
    public static string WriteShapes(string folder, MachineFacts machine, string table)
    {
        var path = PathOf(folder, "shapes", machine) + ".md";
        File.WriteAllText(path, table);
        return path;
    }

    /// <summary>Writes Markdown, JSON and the chart.</summary>
    /// <returns>Their path without an ending: it names machine and date, so that results of several machines lie side by side.</returns>
    public static string Write(string folder, HostResults results)
    {
        var path = PathOf(folder, "host", results.Machine);
        File.WriteAllText(path + ".md", HostTables.Of(results));
        File.WriteAllText(path + ".json", JsonSerializer.Serialize(results, Json) + "\n");
        HostChart.Save(path + ".png", results);
        return path;
    }

    private static string PathOf(string folder, string what, MachineFacts machine)
    {
        Directory.CreateDirectory(folder);
        var words = machine.Processor.ToLowerInvariant().Split(' ', '(', ')', '@', '/');
        return Path.Combine(
            folder,
            string.Create(CultureInfo.InvariantCulture,
                $"{what}-{string.Join('-', words.Where(word => word.Length > 0))}-{machine.Threads}-threads-{machine.Date}"));
    }
}
