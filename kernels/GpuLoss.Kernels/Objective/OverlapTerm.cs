namespace GpuLoss.Kernels.Objective;

/// <summary>How the ratios of the classes become one number.</summary>
internal enum OverlapCombination
{
    /// <summary>No overlap term.</summary>
    None,

    /// <summary>One ratio per class, then their mean (Dice).</summary>
    MeanOfRatios,

    /// <summary>Weighted sums over the classes, then one ratio (generalized Dice).</summary>
    RatioOfSums,
}

/// <summary>The weight of a class in a ratio of sums, as a function of its volume T (Sudre 2017, arXiv 1707.03237, section 2.1).</summary>
internal enum VolumeWeighting
{
    /// <summary>1 for every class.</summary>
    Uniform,

    /// <summary>1 / T.</summary>
    Simple,

    /// <summary>1 / T².</summary>
    Square,

    /// <summary>1 / (T + 1) (Tilborghs 2020, arXiv 2007.15546).</summary>
    Smoothed,
}

/// <summary>What is made of the sums of a class.</summary>
internal enum OverlapForm
{
    /// <summary>Numerator / denominator, both linear in I, P and T.</summary>
    Ratio,

    /// <summary>
    /// The correlation of prediction and target, <c>(V·I - P·T) / √(P·T·(V - P)·(V - T))</c> with V the voxels that count (Matthews 1975;
    /// Abhishek 2021, arXiv 2010.13454, equation 3).
    /// </summary>
    Correlation,
}

/// <summary>
/// An overlap loss as data: a ratio <c>(Numerator + SmoothNumerator) / (Denominator + SmoothDenominator)</c> per class or over all classes,
/// its <see cref="Measure"/> raised to the power of <see cref="Exponent"/>. Passed to kernels by value, so it holds numbers only.
/// </summary>
internal readonly record struct OverlapTerm
{
    /// <summary>A term that is left out until it is given a combination.</summary>
    public OverlapTerm()
    {
    }

    /// <summary>How the classes are combined; <see cref="OverlapCombination.None"/> leaves the term out.</summary>
    public OverlapCombination Combination { get; init; }

    /// <summary>What is made of the sums of a class where there is one ratio for each.</summary>
    public OverlapForm Form { get; init; }

    /// <summary>The class weights of a ratio of sums.</summary>
    public VolumeWeighting Weighting { get; init; }

    /// <summary>The numerator without its smoothing.</summary>
    public LinearForm Numerator { get; init; }

    /// <summary>The denominator without its smoothing.</summary>
    public LinearForm Denominator { get; init; }

    /// <summary>The factor of the background's I in the denominator of a ratio of sums that leaves the background out.</summary>
    public double BackgroundIntersection { get; init; }

    /// <summary>Added to the numerator.</summary>
    public double SmoothNumerator { get; init; }

    /// <summary>Added to the denominator.</summary>
    public double SmoothDenominator { get; init; }

    /// <summary>What is made of the ratio.</summary>
    public OverlapMeasure Measure { get; init; }

    /// <summary>The power it is raised to, more than 0.</summary>
    public double Exponent { get; init; } = 1;

    /// <summary>The factor of the term in the whole loss.</summary>
    public double Scale { get; init; }

    /// <summary>The first class that counts: 1 leaves the background out.</summary>
    public int FirstClass { get; init; }

    /// <summary>1 where the sums run over batch and space, 0 where they run over space.</summary>
    public int PoolSamples { get; init; }

    /// <summary>1 where P = Σ p² (V-Net, Milletari 2016, arXiv 1606.04797), 0 where P = Σ p.</summary>
    public int SquaredPrediction { get; init; }

    /// <summary>Whether the loss is more than 1 - a ratio of linear forms, which takes <see cref="PowerOfMeasure"/>.</summary>
    public bool IsTransformed => Combination != OverlapCombination.None
        && (Measure != OverlapMeasure.Complement || Exponent != 1 || Form != OverlapForm.Ratio);
}
