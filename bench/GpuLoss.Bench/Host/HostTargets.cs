namespace GpuLoss.Bench.Host;

/// <summary>What this project wants to reach for a number of classes.</summary>
/// <param name="EagerDefault">Least ratio of eager Dice + cross-entropy to the fused one, malloc as it is.</param>
/// <param name="EagerTuned">The same with malloc tuned.</param>
/// <param name="CrossEntropy">Least ratio of torch's cross-entropy alone to fused Dice + cross-entropy.</param>
/// <param name="Floor">Largest ratio of the fused loss to the streaming floor, malloc tuned.</param>
internal sealed record HostTargets(double EagerDefault, double EagerTuned, double CrossEntropy, double Floor)
{
    /// <summary>The largest peak of memory of a fused loss, in multiples of the logits.</summary>
    public const double PeakMemory = 1.05;

    /// <summary>The largest cost of a small call, in multiples of an empty custom function.</summary>
    public const double Call = 1.3;

    /// <summary>The targets of a number of classes.</summary>
    public static HostTargets For(int classes) => classes switch
    {
        <= 4 => new(EagerDefault: 10, EagerTuned: 8.5, CrossEntropy: 4.5, Floor: 1.15),
        <= 32 => new(EagerDefault: 9, EagerTuned: 8, CrossEntropy: 3.8, Floor: 1.5),
        _ => new(EagerDefault: 7, EagerTuned: 6, CrossEntropy: 3, Floor: 2),
    };
}
