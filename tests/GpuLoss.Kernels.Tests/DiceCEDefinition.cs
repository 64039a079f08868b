using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Tests;

/// <summary>What <see cref="DiceCEReference"/> computes, as the product takes it.</summary>
internal static class DiceCEDefinition
{
    /// <summary>Mean Dice plus mean cross-entropy.</summary>
    public static readonly LossDefinition Loss = new()
    {
        CrossEntropyScale = 1,
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
}
