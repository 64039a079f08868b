using GpuLoss.Cli.Benchmarking;

namespace GpuLoss.Bench;

/// <summary>The times of one case under one setting of malloc.</summary>
/// <param name="Malloc">The setting.</param>
/// <param name="Case">The sizes.</param>
/// <param name="Measurements">The contestants' times, in ms.</param>
internal sealed record CaseTimes(string Malloc, LogitsCase Case, IReadOnlyList<Measurement> Measurements)
{
    /// <summary>What a contestant took, or null where it did not take part.</summary>
    public Measurement? this[string contestant] => Measurements.FirstOrDefault(measurement => measurement.Contestant == contestant);

    /// <summary>The faster of the two eager contestants.</summary>
    public Measurement? Eager => Measurements
        .Where(measurement => measurement.Contestant is LossContest.EagerScatter or LossContest.EagerOneHot)
        .MinBy(measurement => measurement.Median);
}
