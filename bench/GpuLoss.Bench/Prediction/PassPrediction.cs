namespace GpuLoss.Bench.Prediction;

/// <summary>What a pass of a loss is predicted to take.</summary>
/// <param name="Case">The loss and its size.</param>
/// <param name="Pass"><see cref="Forward"/> or <see cref="Backward"/>.</param>
/// <param name="NeededBytes">What has to move: the logits and the target; backward the gradient too.</param>
/// <param name="Launches">What its launches take.</param>
/// <param name="Times">The times on each GPU.</param>
internal sealed record PassPrediction(
    PredictedCase Case, string Pass, long NeededBytes, IReadOnlyList<LaunchCost> Launches, IReadOnlyList<ModelTimes> Times)
{
    public const string Forward = "forward";
    public const string Backward = "backward";

    /// <summary>Bytes in sectors that accesses ask for, over what has to move.</summary>
    public double Asked => Launches.Sum(launch => (double)launch.BytesAsked) / NeededBytes;

    /// <summary>The same of those that level 1 has not.</summary>
    public double Moved => Launches.Sum(launch => (double)launch.BytesMoved) / NeededBytes;

    /// <summary>Machine code per voxel, in instructions of threads.</summary>
    public double InstructionsPerVoxel => LanesOfWarp * Launches.Sum(launch => launch.Instructions) / Case.Size.Voxels;

    private const int LanesOfWarp = 32;
}

/// <summary>All predictions, and what they were made with.</summary>
/// <param name="Assembler">The release of ptxas.</param>
/// <param name="GpuLoss">The version of this library.</param>
/// <param name="Date">When.</param>
/// <param name="Passes">The predictions.</param>
internal sealed record Predictions(string Assembler, string GpuLoss, string Date, IReadOnlyList<PassPrediction> Passes);
