using GpuLoss.Cli.Benchmarking;
using GpuLoss.Cli.Reporting;

namespace GpuLoss.Bench.Host;

/// <summary>Everything that <c>host</c> measures.</summary>
/// <param name="Machine">Where and when.</param>
/// <param name="PageTouchMicroseconds">What the first touch of a page of fresh memory takes.</param>
/// <param name="Rounds">The alternating rounds.</param>
/// <param name="Times">Every case under every setting of malloc.</param>
/// <param name="PeakMemory">Every case and contestant whose memory is measured.</param>
/// <param name="CallCost">Calls on 4x8, whose voxels cost next to nothing; times and managed bytes of one call.</param>
internal sealed record HostResults(
    MachineFacts Machine, double PageTouchMicroseconds, int Rounds, IReadOnlyList<CaseTimes> Times, IReadOnlyList<CaseMemory> PeakMemory,
    IReadOnlyList<Measurement> CallCost);

/// <summary>The times of one case under one setting of malloc.</summary>
/// <param name="Malloc">The setting.</param>
/// <param name="Case">The sizes.</param>
/// <param name="Measurements">The contestants' times.</param>
internal sealed record CaseTimes(string Malloc, LogitsCase Case, IReadOnlyList<Measurement> Measurements)
{
    /// <summary>What a contestant took, or null where it did not take part.</summary>
    public Measurement? Of(string contestant) => Measurements.FirstOrDefault(measurement => measurement.Contestant == contestant);

    /// <summary>The faster of the two eager contestants.</summary>
    public Measurement? Eager() => Measurements
        .Where(measurement => measurement.Contestant is LossContest.EagerScatter or LossContest.EagerOneHot)
        .MinBy(measurement => measurement.MedianMs);
}

/// <summary>How far one run of a contestant raised the peak of its process's memory.</summary>
/// <param name="Case">The sizes.</param>
/// <param name="Contestant">Its name.</param>
/// <param name="Bytes">The peak over what the process held with inputs and no result.</param>
internal sealed record CaseMemory(LogitsCase Case, string Contestant, long Bytes)
{
    /// <summary>In multiples of the logits, whose size the gradient has.</summary>
    public double Logits() => (double)Bytes / Case.LogitsBytes;
}
