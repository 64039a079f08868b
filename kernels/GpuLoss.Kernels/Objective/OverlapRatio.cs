namespace GpuLoss.Kernels.Objective;

/// <summary>The sums of one class, of a sample or of all samples.</summary>
internal struct OverlapSumsOfClass
{
    /// <summary>I.</summary>
    public double Intersection;

    /// <summary>P.</summary>
    public double Prediction;

    /// <summary>T.</summary>
    public double Target;

    /// <summary>V, the voxels that count.</summary>
    public double Voxels;
}

/// <summary>A ratio, and its derivatives along the sums that depend on the logits.</summary>
internal struct OverlapRatio
{
    /// <summary>The ratio.</summary>
    public double Value;

    /// <summary>Its derivative along I.</summary>
    public double ByIntersection;

    /// <summary>Its derivative along P.</summary>
    public double ByPrediction;

    /// <summary>Its derivative along its denominator.</summary>
    public double ByDenominator;

    /// <summary>Numerator / denominator of one class.</summary>
    public static OverlapRatio Of(OverlapTerm term, OverlapSumsOfClass sums) => OfForms(
        term, term.Numerator.At(sums.Intersection, sums.Prediction, sums.Target) + term.SmoothNumerator,
        term.Denominator.At(sums.Intersection, sums.Prediction, sums.Target) + term.SmoothDenominator);

    /// <summary>Numerator / denominator; 1 where the denominator is 0: nothing was there and nothing was found.</summary>
    /// <param name="term">What they are linear forms of.</param>
    /// <param name="numerator">The numerator.</param>
    /// <param name="denominator">The denominator.</param>
    public static OverlapRatio OfForms(OverlapTerm term, double numerator, double denominator) => new()
    {
        Value = denominator != 0 ? numerator / denominator : 1,
        ByIntersection = Slope(numerator, denominator, term.Numerator.Intersection, term.Denominator.Intersection),
        ByPrediction = Slope(numerator, denominator, term.Numerator.Prediction, term.Denominator.Prediction),
        ByDenominator = Slope(numerator, denominator, 0, 1),
    };

    /// <summary>
    /// <see cref="OverlapForm.Correlation"/>. A prediction without a mistake counts as 1 where its correlation is not defined too, because
    /// a class is absent or everywhere; any other as 0 there, if no smoothing says otherwise.
    /// </summary>
    public static OverlapRatio Correlation(OverlapTerm term, OverlapSumsOfClass sums)
    {
        var (i, p, t, v) = (sums.Intersection, sums.Prediction, sums.Target, sums.Voxels);
        if (i == p && i == t)
            return new OverlapRatio { Value = 1 };

        // What is rounded in P may make it larger than V, which it is not.
        var (withoutP, withoutT) = (Math.Max(0, v - p), Math.Max(0, v - t));
        var product = p * t * withoutP * withoutT + term.SmoothDenominator;
        if (product == 0)
            return default;
        var numerator = i * v - p * t + term.SmoothNumerator;
        var root = Math.Sqrt(product);
        return new OverlapRatio
        {
            Value = numerator / root,
            ByIntersection = v / root,
            ByPrediction = -t / root - numerator * t * withoutT * (withoutP - p) / (2 * product * root),
        };
    }

    /// <summary>The derivative of a quotient along a sum that enters numerator and denominator with the given factors.</summary>
    private static double Slope(double numerator, double denominator, double inNumerator, double inDenominator) =>
        denominator != 0 ? (inNumerator * denominator - numerator * inDenominator) / (denominator * denominator) : 0;
}
