using GpuLoss.Cli.Comparing.Explaining;
using GpuLoss.Cli.Comparing.Measures;

namespace GpuLoss.Cli.Comparing.Report;

/// <summary>What explains the differences, from the data themselves.</summary>
/// <param name="VoxelErrors">What one missed voxel does.</param>
/// <param name="Weights">Generalized Dice's weights over the patches of the first seed.</param>
internal sealed record Explanations(IReadOnlyList<VoxelError> VoxelErrors, IReadOnlyList<ClassWeightShare> Weights)
{
    /// <summary>Takes what does not come from the runs.</summary>
    public static Explanations Of(Analysis analysis)
    {
        var sequence = ComparisonTrainer.Sequence(analysis.Split, analysis.Settings.PatchSide, analysis.Settings.FirstSeed);
        var places = Enumerable.Range(0, analysis.Runs.Count > 0 ? analysis.Runs[0].Run.Steps : 1).Select(_ => sequence.Next());
        return new Explanations(
            OneVoxelError.Measure(), GeneralizedDiceWeights.Over(analysis.Split.Training, places, analysis.Settings.PatchSide));
    }
}
