using GpuLoss.Kernels.Objective;
using Reduction = TorchSharp.torch.nn.Reduction;

namespace GpuLoss.Modules;

/// <summary>The losses as data, from the arguments a user gives, which are checked here.</summary>
internal static class LossDefinitions
{
    /// <summary>Dice, one ratio per class.</summary>
    public static OverlapTerm Dice(bool includeBackground, bool squared, bool batch, double smooth_nr, double smooth_dr, double scale = 1) =>
        Overlap(includeBackground, batch, smooth_nr, smooth_dr, scale) with
        {
            Combination = OverlapCombination.MeanOfRatios,
            SquaredPrediction = squared ? 1 : 0,
        };

    /// <summary>Generalized Dice, one ratio of weighted sums.</summary>
    public static OverlapTerm GeneralizedDice(
        bool includeBackground, nn.ClassWeighting w_type, bool batch, double smooth_nr, double smooth_dr) =>
        Overlap(includeBackground, batch, smooth_nr, smooth_dr, scale: 1) with
        {
            Combination = OverlapCombination.RatioOfSums,
            Weighting = w_type switch
            {
                nn.ClassWeighting.Square => VolumeWeighting.Square,
                nn.ClassWeighting.Simple => VolumeWeighting.Simple,
                nn.ClassWeighting.Uniform => VolumeWeighting.Uniform,
                _ => throw new ArgumentOutOfRangeException(nameof(w_type), w_type, "w_type must be Square, Simple or Uniform."),
            },
        };

    /// <summary>A whole loss.</summary>
    public static LossDefinition Whole(OverlapTerm overlap, double crossEntropyScale, Reduction reduction) => new()
    {
        Overlap = overlap.Scale == 0 ? default : overlap,
        CrossEntropyScale = crossEntropyScale,
        Reduction = reduction switch
        {
            Reduction.Mean => ScalarReduction.Mean,
            Reduction.Sum => ScalarReduction.Sum,
            _ => throw new ArgumentOutOfRangeException(nameof(reduction), reduction, "reduction must be Mean or Sum."),
        },
    };

    /// <summary>Checks that an option is a finite number and not negative.</summary>
    public static double NotNegative(double value, string name) => value >= 0 && double.IsFinite(value)
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} must be finite and not negative.");

    /// <summary>Checks that an ignored label fits the labels' common range.</summary>
    public static long IgnoreIndex(long ignore_index) => ignore_index is > int.MinValue and < int.MaxValue
        ? ignore_index
        : throw new ArgumentOutOfRangeException(
            nameof(ignore_index), ignore_index, $"ignore_index must lie between {int.MinValue} and {int.MaxValue}, themselves excluded.");

    private static OverlapTerm Overlap(bool includeBackground, bool batch, double smooth_nr, double smooth_dr, double scale) => new()
    {
        // 2·I / (P + T), the Sørensen-Dice coefficient; P is Σ p² where squared.
        Numerator = new LinearForm(Intersection: 2, Prediction: 0, Target: 0),
        Denominator = new LinearForm(Intersection: 0, Prediction: 1, Target: 1),
        SmoothNumerator = NotNegative(smooth_nr, nameof(smooth_nr)),
        SmoothDenominator = NotNegative(smooth_dr, nameof(smooth_dr)),
        Scale = scale,
        FirstClass = includeBackground ? 0 : 1,
        PoolSamples = batch ? 1 : 0,
    };
}
