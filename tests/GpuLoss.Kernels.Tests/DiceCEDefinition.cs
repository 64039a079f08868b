using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Tests;

/// <summary>What <see cref="DiceCEReference"/> computes, as the product takes it.</summary>
internal static class DiceCEDefinition
{
    /// <summary>Mean Dice plus mean cross-entropy.</summary>
    public static readonly LossDefinition Loss = new()
    {
        VoxelTermScale = 1,
        Overlap = new OverlapTerm
        {
            Combination = OverlapCombination.MeanOfRatios,
            Scale = 1,
            Numerator = new LinearForm(2, 0, 0),
            Denominator = new LinearForm(0, 1, 1),
            SmoothNumerator = 1e-5,
            SmoothDenominator = 1e-5,
        },
    };

    /// <summary>The loss of a case: with squared predictions, or focal loss, where it has them.</summary>
    public static LossDefinition LossOf(SegmentationCase data) => Loss with
    {
        Overlap = Loss.Overlap with { SquaredPrediction = data.Squared ? 1 : 0 },
        FocalGamma = data.FocalGamma,
    };

    /// <summary>The sum over the softmax that a loss of class indices is a function of.</summary>
    public static SumDefinition SumOf(LossDefinition loss) => new()
    {
        Overlap = loss.Overlap.Combination == OverlapCombination.None ? OverlapSums.None
            : loss.Overlap.SquaredPrediction != 0 ? OverlapSums.Squared
            : OverlapSums.Product,
        HasVoxelTerm = loss.HasVoxelTerm ? 1 : 0,
        Gamma = loss.FocalGamma,
    };

    /// <summary>That sum as the passes read it.</summary>
    public static double[] PlanOf(LossDefinition loss, double[] weights)
    {
        var layout = new SumPlan(weights.Length);
        var plan = new double[layout.Stride];
        layout.Write(plan, 0, SumOf(loss), weights, new double[weights.Length]);
        return plan;
    }
}
