using System.Globalization;
using System.Text;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Bench.Prediction;

/// <summary>Predictions as Markdown. Ratios stand in bold where they are above what this project wants to reach.</summary>
internal static class PredictionTable
{
    private const double LargestRatio = 1.1;
    private const double LargestRatio16Bit = 1.25;

    private static readonly string[] Columns =
    [
        "loss", "C x side", "logits", "target", "pass", "blocks run", "asked / needed", "moved / needed", "instructions", "floor, µs",
        "memory", "issue", "special", "float64", "integer", "shared", "launches",
        .. GpuModel.All.SelectMany(gpu => (string[])[$"{gpu.Name}, µs", "limit", "/ floor"]),
    ];

    public static string Of(Predictions predictions)
    {
        var text = new StringBuilder();
        text.AppendLine("# Predicted times on a GPU").AppendLine()
            .AppendLine(CultureInfo.InvariantCulture,
                $"GpuLoss {predictions.GpuLoss}; {predictions.Assembler}; {predictions.Date}.")
            .AppendLine("No GPU was involved: `ptx --run` of this project wrote the table; bench/README.md has the model. "
                + "Where not all blocks of")
            .AppendLine("the largest grid were run, everything counted is scaled to all. Instructions are of machine code, per voxel.")
            .AppendLine(CultureInfo.InvariantCulture,
                $"All times in µs; those of the parts, and the floor, are of the {GpuModel.All[0].Name}.")
            .AppendLine(CultureInfo.InvariantCulture,
                $"Bold: above {LargestRatio} floors with float32 logits, above {LargestRatio16Bit} with 16-bit ones.")
            .AppendLine();
        Row(text, Columns);
        Row(text, Columns.Select(_ => "---"));
        foreach (var pass in predictions.Passes)
            Row(text, Cells(pass));
        return text.ToString();
    }

    private static IEnumerable<string> Cells(PassPrediction pass)
    {
        var (@case, times) = (pass.Case, pass.Times[0]);
        var largest = pass.Launches.MaxBy(launch => launch.Blocks)!;
        return
        [
            @case.Loss, @case.Size.ToString(), @case.Logits.ToString(), @case.Target, pass.Pass,
            pass.Launches.All(launch => launch.IsWhole) ? "all" : $"{largest.BlocksRun} of {largest.Blocks}",
            Show(pass.Asked, "F2"), Show(pass.Moved, "F2"), Show(pass.InstructionsPerVoxel, "F0"), Show(times.FloorUs, "F1"),
            Show(times.MemoryUs, "F1"), Show(times.IssueUs, "F1"), Show(times.SpecialUs, "F1"), Show(times.DoubleUs, "F1"),
            Show(times.IntegerUs, "F1"), Show(times.SharedUs, "F1"), Show(times.LaunchesUs, "F1"),
            .. pass.Times.SelectMany(gpu => (string[])[Show(gpu.PredictedUs, "F1"), gpu.Limit, Ratio(gpu.Ratio, @case.Logits)]),
        ];
    }

    private static string Ratio(double ratio, LogitsType logits) =>
        ratio <= (logits == LogitsType.Float32 ? LargestRatio : LargestRatio16Bit) ? Show(ratio, "F2") : $"**{Show(ratio, "F2")}**";

    private static void Row(StringBuilder text, IEnumerable<string> cells) =>
        text.AppendLine(CultureInfo.InvariantCulture, $"| {string.Join(" | ", cells)} |");

    private static string Show(double number, string format) => number.ToString(format, CultureInfo.InvariantCulture);
}
