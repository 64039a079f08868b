using TorchSharp;

namespace GpuLoss.Cli.Comparing;

/// <summary>What every run of a comparison gets the same amount of.</summary>
internal enum EqualShare
{
    Steps,
    Time,
}

/// <summary>What a comparison was asked to do.</summary>
/// <param name="Losses">The names of the losses, the one the others are compared with first.</param>
/// <param name="FirstSeed">The first seed; the others follow it.</param>
/// <param name="Seeds">The number of seeds.</param>
/// <param name="Steps">The most steps of a run.</param>
/// <param name="Budget">The time for everything; steps or seconds of a run are cut down to it.</param>
/// <param name="Equal">Whether runs get equal steps or equal time.</param>
/// <param name="PatchSide">The side of a patch.</param>
/// <param name="LearningRate">The learning rate, constant over a run.</param>
/// <param name="Sweep">Whether a learning rate is chosen for each loss first.</param>
/// <param name="Device">Where to train.</param>
/// <param name="Checkpoints">How often a run looks at the validation data, or null for as often as the budget allows.</param>
internal sealed record ComparisonSettings(
    IReadOnlyList<string> Losses, int FirstSeed, int Seeds, int Steps, TimeSpan Budget, EqualShare Equal, int PatchSide,
    double LearningRate,
    bool Sweep, DeviceType Device, int? Checkpoints = null)
{
    /// <summary>The seeds.</summary>
    public IEnumerable<int> AllSeeds => Enumerable.Range(FirstSeed, Seeds);
}
