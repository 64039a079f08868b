using System.Globalization;
using System.Text.Json;
using GpuLoss.Bench.Gpu;
using GpuLoss.Bench.Ptx;
using GpuLoss.Cli.Reporting;

namespace GpuLoss.Bench.Prediction;

/// <summary>Predictions as files.</summary>
internal static class PredictionFiles
{
    private const string Folder = "bench/results";
    private const string Prefix = "ptx-run-sm90-";

    private static string Today => DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>Where those that are committed lie beside the program.</summary>
    public static string Committed { get; } = Path.Combine(AppContext.BaseDirectory, "predictions");

    /// <summary>The Markdown file of today.</summary>
    public static string DefaultPath => Path.Combine(Folder, $"{Prefix}{Today}.md");

    /// <summary>Writes Markdown and, beside it, JSON.</summary>
    /// <returns>The path of the JSON.</returns>
    public static string Write(string path, IReadOnlyList<PassPrediction> passes)
    {
        var assembler = CudaTools.Run("ptxas", "--version").Split('\n').First(line => line.Contains("release", StringComparison.Ordinal));
        var predictions = new Predictions(assembler, Versions.GpuLoss, Today, passes);
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
            Directory.CreateDirectory(folder);
        File.WriteAllText(path, PredictionTable.Of(predictions));
        var json = Path.ChangeExtension(path, "json");
        File.WriteAllText(json, JsonSerializer.Serialize(predictions, GpuSteps.Json) + "\n");
        return json;
    }

    /// <summary>The newest predictions of a folder; null where there are none.</summary>
    public static Predictions? Newest(string folder) => Directory.Exists(folder)
        && Directory.GetFiles(folder, $"{Prefix}*.json").Order(StringComparer.Ordinal).LastOrDefault() is { } file
            ? JsonSerializer.Deserialize<Predictions>(File.ReadAllText(file), GpuSteps.Json)
            : null;
}
