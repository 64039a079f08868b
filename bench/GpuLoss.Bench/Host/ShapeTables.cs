using System.Globalization;
using GpuLoss.Cli.Benchmarking;
using GpuLoss.Cli.Reporting;

namespace GpuLoss.Bench.Host;

/// <summary>The losses of shapes as Markdown.</summary>
internal static class ShapeTables
{
    /// <summary>What this project wants to reach on 4x128 on two cores: ms of the distance transform, ratios to eager code, multiples of
    /// the logits.</summary>
    private const double DistanceMs = 60;
    private const double Lovasz = 5;
    private const double Centerline = 4;
    private const double Memory = 4;

    /// <summary>One row per loss.</summary>
    public static string Of(MachineFacts machine, IReadOnlyList<CaseTimes> times, IReadOnlyList<CaseMemory> memory, int rounds)
    {
        string Row(string name, string ours, string? eager, double? target)
        {
            var one = times.First(row => row.Of(ours) is not null);
            var (fused, peer) = (one.Of(ours)!, eager is null ? null : one.Of(eager));
            var peak = memory.FirstOrDefault(row => row.Contestant == ours);
            var peakOfPeer = memory.FirstOrDefault(row => row.Contestant == eager);
            return string.Create(
                CultureInfo.InvariantCulture,
                $"| {name} | {one.Case} | {fused.MedianMs:F1} ({fused.LeastMs:F1}) | "
                + $"{peer?.MedianMs:F1} | {peer?.MedianMs / fused.MedianMs:F1} | {target} | "
                + $"{peak?.Logits():F2} | {peakOfPeer?.Logits():F2} |");
        }

        var measured = $"{rounds} alternating rounds in one process, the shortest time in brackets, malloc `tuned`";
        var targets = string.Create(
            CultureInfo.InvariantCulture,
            $"{DistanceMs} ms, the ratios below, and {Memory} times the logits for centerline Dice");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            # Losses of shapes on the CPU

            {machine}

            float32 logits [1, C, S, S, S], int64 labels, forward and gradient; the distance transform of one class.
            ms, medians of {measured}. Peak memory beyond the inputs
            in multiples of the logits, malloc as it is. Targets: {targets}.

            | | C x S | fused | eager | eager / fused | target | fused, peak | eager, peak |
            |---|---|---|---|---|---|---|---|
            {Row("distance_transform_edt", ShapeContest.Distance, null, null)}
            {Row("BoundaryLoss", ShapeContest.Boundary, null, null)}
            {Row("HausdorffDTLoss", ShapeContest.Hausdorff, null, null)}
            {Row("LovaszSoftmaxLoss", ShapeContest.Lovasz, ShapeContest.EagerLovasz, Lovasz)}
            {Row("SoftclDiceLoss(10)", ShapeContest.Centerline, ShapeContest.EagerCenterline, Centerline)}
            {Row("BlobLoss of Dice", ShapeContest.Blob, ShapeContest.EagerBlob, null)}

            """);
    }
}
