using GpuLoss.Autograd;
using GpuLoss.Kernels.Objective;
using Reduction = TorchSharp.torch.nn.Reduction;

namespace GpuLoss.Modules;

/// <summary>The losses as data, from the arguments a user gives, which are checked here.</summary>
internal static class LossDefinitions
{
    /// <summary>Dice, one ratio per class: 2·I / (P + T), the Sørensen-Dice coefficient, P = Σ p² where squared.</summary>
    public static OverlapTerm Dice(OverlapOptions options, bool squared, double scale = 1) =>
        Ratio(options, new LinearForm(2, 0, 0), new LinearForm(0, 1, 1), scale) with { SquaredPrediction = squared ? 1 : 0 };

    /// <summary>Jaccard, one ratio per class: 2·I / (2·(P + T - I)), which MONAI's smoothing is made for.</summary>
    public static OverlapTerm Jaccard(OverlapOptions options) => Ratio(options, new LinearForm(2, 0, 0), new LinearForm(-2, 2, 2));

    /// <summary>Tversky, one ratio per class: I / (I + alpha·(P - I) + beta·(T - I)).</summary>
    public static OverlapTerm Tversky(OverlapOptions options, double alpha, double beta)
    {
        NotNegative(alpha, nameof(alpha));
        NotNegative(beta, nameof(beta));
        return Ratio(options, new LinearForm(1, 0, 0), new LinearForm(1 - alpha - beta, alpha, beta));
    }

    /// <summary>Matthews' correlation coefficient, one per class.</summary>
    public static OverlapTerm Correlation(OverlapOptions options) =>
        Ratio(options, default, default) with { Form = OverlapForm.Correlation };

    /// <summary>Generalized Dice, one ratio of weighted sums.</summary>
    public static OverlapTerm GeneralizedDice(OverlapOptions options, nn.ClassWeighting w_type) => Dice(options, squared: false) with
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

    /// <summary>Generalized Wasserstein Dice: with I the distance of a class's predictions from it, <c>2·Σ w·(T - I) / Σ w·(2·T - I)</c>,
    /// or without w over the foreground, and I of the background below.</summary>
    public static OverlapTerm WassersteinDice(OverlapOptions options, nn.WassersteinWeighting weighting_mode)
    {
        var ratio = Ratio(options, new LinearForm(-2, 0, 2),
            new LinearForm(-1, 0, 2)) with
        { Combination = OverlapCombination.RatioOfSums };
        return weighting_mode switch
        {
            nn.WassersteinWeighting.Default => ratio with { FirstClass = 1, BackgroundIntersection = 1 },
            nn.WassersteinWeighting.GDL => ratio with { Weighting = VolumeWeighting.Smoothed },
            _ => throw new ArgumentOutOfRangeException(nameof(weighting_mode), weighting_mode, "weighting_mode must be Default or GDL."),
        };
    }

    /// <summary>A whole loss.</summary>
    public static LossDefinition Whole(OverlapTerm overlap, double crossEntropyScale, Reduction reduction) => new()
    {
        Overlap = overlap.Scale == 0 ? default : overlap,
        VoxelTermScale = crossEntropyScale,
        Reduction = reduction switch
        {
            Reduction.Mean => ScalarReduction.Mean,
            Reduction.Sum => ScalarReduction.Sum,
            Reduction.None => ScalarReduction.None,
            _ => throw new ArgumentOutOfRangeException(nameof(reduction), reduction, "reduction must be Mean, Sum or None."),
        },
    };

    /// <summary>A loss that is added up voxel by voxel. Where that is left out, it is what would be added.</summary>
    public static LossDefinition OfVoxels(Reduction reduction) =>
        Whole(default, crossEntropyScale: 1, reduction == Reduction.None ? Reduction.Sum : reduction);

    /// <summary>Checks the reduction of a loss with several terms.</summary>
    public static Reduction Reduced(Reduction reduction) => reduction != Reduction.None
        ? reduction
        : throw new ArgumentOutOfRangeException(
            nameof(reduction), reduction,
            "reduction must be Mean or Sum where there are several terms: their values are of different shapes.");

    /// <summary>The activation of an overlap term.</summary>
    public static Activation ActivationOf(nn.Activation activation, string name) => activation switch
    {
        nn.Activation.Softmax => Activation.Softmax,
        nn.Activation.Sigmoid => Activation.Sigmoid,
        nn.Activation.None => Activation.None,
        _ => throw new ArgumentOutOfRangeException(name, activation, $"{name} must be Softmax, Sigmoid or None."),
    };

    /// <summary>What cross-entropy asks of the passes.</summary>
    public static TermOptions CrossEntropyTerm(nn.Activation activation, string name, double label_smoothing)
    {
        var known = activation != nn.Activation.Sigmoid
            ? ActivationOf(activation, name)
            : throw new ArgumentOutOfRangeException(
                name, activation, $"{name} must be Softmax or None: binary cross-entropy takes the sigmoid.");
        return new() { Activation = known, VoxelActivation = known, LabelSmoothing = Share(label_smoothing, nameof(label_smoothing)) };
    }

    /// <summary>A factor that makes no share of a class in poly-1 negative.</summary>
    public static double PolyFactor(double value, string name) => value >= -1 && float.IsFinite((float)value)
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} must be a finite number of float32 and no less than -1.");

    /// <summary>Checks that an option lies between 0 and 1.</summary>
    public static double Share(double value, string name) => value is >= 0 and <= 1
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} must lie between 0 and 1.");

    /// <summary>Checks that an option is more than 0 and at most 100.</summary>
    public static double Percent(double value, string name) => value is > 0 and <= 100
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} must be more than 0 and at most 100 percent.");

    /// <summary>Checks that an option is a finite number and not negative.</summary>
    public static double NotNegative(double value, string name) => value >= 0 && double.IsFinite(value)
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} must be finite and not negative.");

    /// <summary>Checks that the factor of a term is not negative, and a finite number in float32 too, in which terms are summed.</summary>
    public static double Factor(double value, string name) => value >= 0 && float.IsFinite((float)value)
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} must be a finite number of float32 and not negative.");

    /// <summary>Checks that an ignored label fits the labels' common range.</summary>
    public static long IgnoreIndex(long ignore_index) => ignore_index is > int.MinValue and < int.MaxValue
        ? ignore_index
        : throw new ArgumentOutOfRangeException(
            nameof(ignore_index), ignore_index, $"ignore_index must lie between {int.MinValue} and {int.MaxValue}, themselves excluded.");

    /// <summary>Checks that an option is a finite number more than 0.</summary>
    public static double Positive(double value, string name) => value > 0 && double.IsFinite(value)
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} must be finite and more than 0.");

    private static OverlapTerm Ratio(OverlapOptions options, LinearForm numerator, LinearForm denominator, double scale = 1) => new()
    {
        Combination = OverlapCombination.MeanOfRatios,
        Numerator = numerator,
        Denominator = denominator,
        SmoothNumerator = NotNegative(options.smooth_nr, nameof(options.smooth_nr)),
        SmoothDenominator = NotNegative(options.smooth_dr, nameof(options.smooth_dr)),
        Scale = scale,
        FirstClass = options.include_background ? 0 : 1,
        PoolSamples = options.batch ? 1 : 0,
    };
}

/// <summary>The options that all overlap losses share.</summary>
/// <param name="include_background">Whether class 0 counts.</param>
/// <param name="batch">Whether sums run over the batch too.</param>
/// <param name="smooth_nr">Added to the numerator.</param>
/// <param name="smooth_dr">Added to the denominator.</param>
/// <param name="activation">What makes p of the logits.</param>
/// <param name="soft_label">Whether I is made of |p - t|.</param>
internal readonly record struct OverlapOptions(
    bool include_background, bool batch, double smooth_nr, double smooth_dr, nn.Activation activation, bool soft_label)
{
    /// <summary>What they ask of the passes.</summary>
    public TermOptions Term => new() { Activation = LossDefinitions.ActivationOf(activation, nameof(activation)), SoftLabel = soft_label };
}
