using System.Globalization;
using System.Text;
using GpuLoss.Cli.Benchmarking;

namespace GpuLoss.Bench.Host;

/// <summary>The comparison as Markdown. Ratios are of medians and stand beside their targets, in bold where they miss them.</summary>
internal static class HostTables
{
    private const string TargetsTitle =
        "Soft targets (Dice + cross-entropy), one-hot ones (Dice of the sigmoid + binary cross-entropy), "
        + "the worst 10 % of the voxels (Dice + top-k)";

    private const string VariantsTitle =
        "Dice + cross-entropy with label smoothing 0.1, and with a weight for each voxel; "
        + "of a Bool one-hot target focal loss of the sigmoid, and Dice of the sigmoid + binary cross-entropy";

    /// <summary>All of it.</summary>
    public static string Of(HostResults results) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        # Losses on the CPU

        {results.Machine}

        float32 logits [1, C, S, S, S], int64 labels, forward and gradient. ms, medians of {results.Rounds} alternating rounds
        in one process, the shortest time in brackets. Values and gradients were compared first. Ratios are of medians, beside
        what is to be reached. The first touch of a page of fresh memory takes {results.PageTouchMicroseconds:F2} µs here.
        malloc `tuned`: {string.Join(", ", Measuring.TunedSettings.Select(setting => $"{setting.Key}={setting.Value}"))}.

        ## Dice + cross-entropy

        {DiceCE(results.Times)}
        ## Cross-entropy alone, plain, and with class weights and a tenth of the voxels ignored

        {CrossEntropy(results.Times)}
        ## {TargetsTitle}

        {Targets(results.Times)}
        ## {VariantsTitle}

        {Variants(results.Times)}
        ## Peak memory of one run beyond its inputs, in multiples of the logits

        {PeakMemory(results.PeakMemory)}
        ## One call on logits [1, 4, 8, 8, 8]

        {CallCost(results.CallCost)}
        """);

    /// <summary>One row per case and setting of malloc.</summary>
    public static string DiceCE(IReadOnlyList<CaseTimes> times) => Table(
        ["C", "S", "malloc", "fused", "eager", "torch CE", "streaming floor", "arithmetic", "eager / fused", "CE / fused", "fused / floor"],
        times.Select(row =>
        {
            var (fused, eager) = (row.Of(LossContest.Fused), row.Eager());
            var (ce, floor) = (row.Of(LossContest.CrossEntropy), row.Of(LossContest.Floor));
            var targets = HostTargets.For(row.Case.Classes);
            var isTuned = row.Malloc == Measuring.TunedMalloc;
            return (string[])
            [
                .. Names(row), Show(fused), eager is null ? "" : $"{Show(eager)} {eager.Contestant}", Show(ce), Show(floor),
                Show(row.Of(LossContest.Arithmetic)),
                AtLeast(Ratio(eager, fused), isTuned ? targets.EagerTuned : targets.EagerDefault),
                AtLeast(Ratio(ce, fused), targets.CrossEntropy),
                isTuned ? AtMost(Ratio(fused, floor), targets.Floor) : Show(Ratio(fused, floor)),
            ];
        }));

    /// <summary>The cross-entropies, one row per case and setting of malloc.</summary>
    public static string CrossEntropy(IReadOnlyList<CaseTimes> times) => Table(
        ["C", "S", "malloc", "fused", "torch", "torch / fused", "fused, weighted", "torch, weighted", "torch / fused, weighted"],
        times.Select(row =>
        {
            var (fused, torch) = (row.Of(LossContest.FusedCrossEntropy), row.Of(LossContest.CrossEntropy));
            var (weighted, torchWeighted) = (row.Of(LossContest.FusedWeightedCrossEntropy), row.Of(LossContest.WeightedCrossEntropy));
            return (string[])
            [
                .. Names(row), Show(fused), Show(torch), Show(Ratio(torch, fused)),
                Show(weighted), Show(torchWeighted), Show(Ratio(torchWeighted, weighted)),
            ];
        }));

    /// <summary>Soft and one-hot targets and the worst voxels, one row per case and setting of malloc.</summary>
    public static string Targets(IReadOnlyList<CaseTimes> times) => Pairs(
        times,
        [
            (LossContest.FusedSoft, LossContest.EagerSoft), (LossContest.FusedBinary, LossContest.EagerBinary),
            (LossContest.FusedTopK, LossContest.EagerTopK),
        ]);

    /// <summary>Smoothing, voxel weights and Bool targets, one row per case and setting of malloc.</summary>
    public static string Variants(IReadOnlyList<CaseTimes> times) => Pairs(
        times,
        [
            (LossContest.FusedSmoothed, LossContest.EagerSmoothed), (LossContest.FusedMap, LossContest.EagerMap),
            (LossContest.FusedFocal, LossContest.EagerFocal), (LossContest.FusedBool, LossContest.EagerBool),
        ]);

    private static string Pairs(IReadOnlyList<CaseTimes> times, (string Fused, string Eager)[] pairs) => Table(
        ["C", "S", "malloc", .. pairs.SelectMany(pair => (string[])[pair.Fused, "/ fused", pair.Eager, "eager / this"])],
        times.Select(row => (string[])
        [
            .. Names(row),
            .. pairs.SelectMany(pair => (string[])
            [
                Show(row.Of(pair.Fused)), Show(Ratio(row.Of(pair.Fused), row.Of(LossContest.Fused))), Show(row.Of(pair.Eager)),
                Show(Ratio(row.Of(pair.Eager), row.Of(pair.Fused))),
            ]),
        ]));

    private static string PeakMemory(IReadOnlyList<CaseMemory> peaks) => Table(
        ["C", "S", "logits, MB", .. Measuring.MemoryContestants],
        peaks.GroupBy(peak => peak.Case).Select(row => (string[])
        [
            Show(row.Key.Classes), Show(row.Key.Side), (row.Key.LogitsBytes / 1e6).ToString("F1", CultureInfo.InvariantCulture),
            .. row.Select(peak => peak.Contestant == LossContest.Fused
                ? AtMost(peak.Logits(), HostTargets.PeakMemory)
                : Show(peak.Logits())),
        ]));

    private static string CallCost(IReadOnlyList<Measurement> calls)
    {
        var empty = calls.First(call => call.Contestant == EmptyFunction.Contestant);
        return Table(
            ["", "µs", "managed bytes", "/ empty function"],
            calls.Select(call => (string[])
            [
                call.Contestant,
                Show(call with { MedianMs = 1000 * call.MedianMs, LeastMs = 1000 * call.LeastMs }),
                Show(call.ManagedBytes),
                call.Contestant == LossContest.Fused ? AtMost(Ratio(call, empty), HostTargets.Call) : Show(Ratio(call, empty)),
            ]));
    }

    private static string Table(string[] columns, IEnumerable<string[]> rows)
    {
        var text = new StringBuilder();
        foreach (var row in (IEnumerable<string[]>)[columns, [.. columns.Select(_ => "---")], .. rows])
            text.AppendLine(CultureInfo.InvariantCulture, $"| {string.Join(" | ", row)} |");
        return text.ToString();
    }

    private static string[] Names(CaseTimes row) => [Show(row.Case.Classes), Show(row.Case.Side), row.Malloc];

    private static double? Ratio(Measurement? above, Measurement? below) => above?.MedianMs / below?.MedianMs;

    private static string AtLeast(double? ratio, double target) => Compared(ratio, ratio >= target, ratio >= target ? "≥" : "<", target);

    private static string AtMost(double? ratio, double target) => Compared(ratio, ratio <= target, ratio <= target ? "≤" : ">", target);

    private static string Compared(double? ratio, bool isReached, string relation, double target)
    {
        if (ratio is null)
            return "";
        var text = string.Create(CultureInfo.InvariantCulture, $"{ratio:F2} {relation} {target}");
        return isReached ? text : $"**{text}**";
    }

    private static string Show(Measurement? measurement) => measurement is null
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $"{measurement.MedianMs:F2} ({measurement.LeastMs:F2})");

    private static string Show(double? ratio) => ratio?.ToString("F2", CultureInfo.InvariantCulture) ?? "";

    private static string Show(long number) => number.ToString(CultureInfo.InvariantCulture);
}
