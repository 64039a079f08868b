using ILGPU.Util;

namespace GpuLoss.Kernels.Objective;

/// <summary>How an overlap ratio becomes a loss.</summary>
internal enum OverlapMeasure
{
    /// <summary>1 - ratio.</summary>
    Complement,

    /// <summary>-ln(ratio).</summary>
    NegativeLogarithm,
}

/// <summary>
/// From the sums of a class to its ratio, and from the ratio of a class, or of all of them, to its loss. There are two: losses without
/// powers, roots and logarithms need not wait for these. Every class of a warp takes the same way.
/// </summary>
internal interface IOverlapTransform
{
    /// <summary>The ratio of a class.</summary>
    OverlapRatio Ratio(OverlapTerm term, OverlapSumsOfClass sums);

    /// <summary>The loss of a ratio.</summary>
    double Value(OverlapTerm term, double ratio);

    /// <summary>Its derivative with respect to the ratio.</summary>
    double Slope(OverlapTerm term, double ratio);
}

/// <summary>1 - ratio: Dice, Jaccard, Tversky, generalized Dice.</summary>
internal readonly struct PlainComplement : IOverlapTransform
{
    /// <inheritdoc/>
    public OverlapRatio Ratio(OverlapTerm term, OverlapSumsOfClass sums) => OverlapRatio.Of(term, sums);

    /// <inheritdoc/>
    public double Value(OverlapTerm term, double ratio) => 1 - ratio;

    /// <inheritdoc/>
    public double Slope(OverlapTerm term, double ratio) => -1;
}

/// <summary>
/// Any measure of any form, raised to any power. A loss of 0 has the derivative 0 where the exponent is not 1: below 1 it would be infinite
/// at a perfect ratio.
/// </summary>
internal readonly struct PowerOfMeasure : IOverlapTransform
{
    /// <inheritdoc/>
    public OverlapRatio Ratio(OverlapTerm term, OverlapSumsOfClass sums) =>
        term.Form == OverlapForm.Correlation ? OverlapRatio.Correlation(term, sums) : OverlapRatio.Of(term, sums);

    /// <inheritdoc/>
    public double Value(OverlapTerm term, double ratio)
    {
        var loss = Measure(term, ratio);
        return term.Exponent == 1 ? loss : Utilities.Select(loss > 0, DoubleMath.Power(loss, term.Exponent), loss * 0);
    }

    /// <inheritdoc/>
    public double Slope(OverlapTerm term, double ratio)
    {
        var inner = term.Measure == OverlapMeasure.NegativeLogarithm ? -1 / ratio : -1;
        if (term.Exponent == 1)
            return inner;
        var loss = Measure(term, ratio);
        return Utilities.Select(loss > 0, term.Exponent * DoubleMath.Power(loss, term.Exponent - 1) * inner, loss * 0);
    }

    private static double Measure(OverlapTerm term, double ratio) =>
        term.Measure == OverlapMeasure.NegativeLogarithm ? -DoubleMath.Log(ratio) : 1 - ratio;
}
