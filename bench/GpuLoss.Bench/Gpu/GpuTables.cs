using System.Globalization;
using System.Text;
using GpuLoss.Bench.Gpu.Comparison;
using GpuLoss.Bench.Prediction;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Bench.Gpu;

/// <summary>A run on a GPU as Markdown. Ratios stand in bold where they miss what is to be reached.</summary>
internal static class GpuTables
{
    private const double LargestFloorRatio = 1.15;
    private const double LeastEagerRatio = 10;
    private const double LeastCompiledRatio = 2;
    private const double MostHostMicroseconds = 25;

    private static readonly string[] Columns =
    [
        "C x side", "logits", "forward, ms", "forward + gradient, ms", "GB/s", "of copy", "/ floor", "host, µs", "extra, KB",
        "MONAI / fused", "nnU-Net / fused", "compiled / fused", "CE / fused",
    ];

    public static string Of(GpuResults results)
    {
        var text = new StringBuilder();
        text.AppendLine("# Losses on a GPU").AppendLine().AppendLine(results.Machine.ToString()).AppendLine();
        if (results.Tests is { } tests)
            text.AppendLine(Line("All kernels against float64", Tests(tests.Value), tests.Failure));
        if (results.Compared is { } compared)
            text.AppendLine(Line("The same problems on the PTX machine", Compared(compared.Value), compared.Failure));
        if (results.Torch is { } torch)
            text.AppendLine(Line(
                "TorchSharp's tensors over PyTorch's libtorch", torch.Value is { } all ? $"{all.Count} checks" : "", torch.Failure));
        if (results.Training is { } training)
            text.AppendLine(Line("gpuloss train --device cuda", training.Value ?? "", training.Failure));
        foreach (var (tool, said) in results.Sanitizer ?? new Dictionary<string, string>())
            text.AppendLine(Line($"compute-sanitizer, {tool}", said, failure: null));
        if (results.Times?.Value is { } times)
            text.AppendLine().Append(Times(times, results.Peers?.Value, results.HostTimes?.Value));
        if (results.Predicted is { Count: > 0 } predicted)
            text.AppendLine().Append(Predicted(predicted));
        return text.ToString();
    }

    private static string Line(string what, string value, string? failure) => $"- {what}: {(failure is null ? value : $"**{failure}**")}";

    private static string Tests(IReadOnlyList<DeviceTestResult>? results)
    {
        if (results is null)
            return "";
        var done = results.Where(result => double.IsFinite(result.GradientError)).ToArray();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{results.Count} problems; largest errors of float32 logits: statistics {Worst(done, result => result.StatisticsError):E1}, "
            + $"loss {Worst(done, result => result.LossError):E1}, gradient {Worst(done, result => result.GradientError):E1}");
    }

    private static string Compared(IReadOnlyList<ComparedResult>? results) => results is null ? "" : string.Create(
        CultureInfo.InvariantCulture,
        $"{results.Count} problems; {results.Sum(result => result.Same)} numbers have the same bits; the largest difference of float64 is "
        + $"{results.Max(result => result.Wide):E1} of {ComparedNumbers.Wide:E0}, of what is approximated "
        + $"{results.Max(result => result.Approximate):E1} of {ComparedNumbers.Approximate:E0}");

    private static double Worst(IEnumerable<DeviceTestResult> results, Func<DeviceTestResult, double> error) =>
        results.Where(result => result.Name.StartsWith(nameof(LogitsType.Float32), StringComparison.Ordinal)).Select(error)
            .DefaultIfEmpty(double.NaN).Max();

    private static string Times(GpuTimesResult times, PeerTimes? peers, IReadOnlyDictionary<string, double>? hostTimes)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture,
            $"A device copy of 1 GB moves {times.Copy:F0} GB/s, PyTorch's {peers?.CopyGigabytesPerSecond:F0}.");
        text.AppendLine("floor: logits three times and labels twice at that speed. Medians between events of the stream; labels int64.")
            .AppendLine();
        Row(text, Columns);
        Row(text, Columns.Select(_ => "---"));
        foreach (var time in times.Times)
            Row(text, Cells(time, times.Copy, peers));
        if (hostTimes is null)
            return text.ToString();
        text.AppendLine().AppendLine("Until the host knows that the gradient is there (BenchmarkDotNet, float32, mean):").AppendLine();
        foreach (var (name, milliseconds) in hostTimes)
            text.AppendLine(CultureInfo.InvariantCulture, $"- {name}: {milliseconds:F3} ms");
        return text.ToString();
    }

    private static string Predicted(IReadOnlyList<ComparedTime> times)
    {
        var text = new StringBuilder();
        text.AppendLine("What `ptx --run` predicted for this GPU, see bench/README.md, and what it took:").AppendLine();
        string[] columns = ["predicted, µs", "by", "measured, µs", "measured / predicted"];
        Row(text,
        [
            "C x side", "logits", .. columns.Select(name => $"forward: {name}"), .. columns.Select(name => $"gradient too: {name}"),
        ]);
        Row(text, Enumerable.Repeat("---", 2 + 2 * columns.Length));
        foreach (var time in times)
            Row(text, [time.Case.ToString(), time.Logits.ToString(), .. Cells(time.Forward), .. Cells(time.Both)]);
        return text.ToString();
    }

    private static IEnumerable<string> Cells(ComparedPass pass) =>
        [Show(pass.PredictedUs, "F1"), pass.Limit, Show(pass.MeasuredUs, "F1"), Show(pass.Ratio, "F2")];

    private static IEnumerable<string> Cells(GpuTime time, double copy, PeerTimes? peers)
    {
        var both = time.Both.MedianMs;
        var floor = time.Bytes / copy / 1e6;
        double? Ratio(string contestant) => peers?.Times.FirstOrDefault(peer =>
            peer.Contestant == contestant && peer.Case == time.Case.ToString()
            && peer.Logits.Equals(time.Logits.ToString(), StringComparison.OrdinalIgnoreCase))?.MedianMs / both;
        return
        [
            time.Case.ToString(), time.Logits.ToString(), Show(time.Forward.MedianMs, "F3"), Show(both, "F3"),
            Show(time.GigabytesPerSecond, "F0"),
            Show(time.GigabytesPerSecond / copy, "P0"), Bold(both / floor, both / floor <= LargestFloorRatio),
            Bold(time.Both.HostMicroseconds, time.Both.HostMicroseconds <= MostHostMicroseconds), Show(time.ExtraBytes / 1024.0, "F0"),
            AtLeast(Ratio("monai"), LeastEagerRatio), Show(Ratio("nnunet"), "F1"), AtLeast(Ratio("compiled"), LeastCompiledRatio),
            Show(Ratio("cross_entropy"), "F1"),
        ];
    }

    private static void Row(StringBuilder text, IEnumerable<string> cells) =>
        text.AppendLine(CultureInfo.InvariantCulture, $"| {string.Join(" | ", cells)} |");

    private static string AtLeast(double? ratio, double target) => ratio is { } value ? Bold(value, value >= target) : "";

    private static string Bold(double value, bool isReached) => isReached ? Show(value, "F2") : $"**{Show(value, "F2")}**";

    private static string Show(double? number, string format) => number?.ToString(format, CultureInfo.InvariantCulture) ?? "";
}
