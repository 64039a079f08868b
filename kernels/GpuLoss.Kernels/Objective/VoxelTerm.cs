using System.Runtime.CompilerServices;

namespace GpuLoss.Kernels.Objective;

/// <summary>The term of a loss that is added up voxel by voxel, for one class; see <see cref="SumDefinition"/>.</summary>
internal static class VoxelTerm
{
    /// <summary>t', the target after label smoothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReal Smoothed<TReal>(SumDefinition sum, TReal target, int classes)
        where TReal : unmanaged, IReal<TReal> => sum.LabelSmoothing == 0
        ? target
        : Smoothed(target, TReal.Of(1 - sum.LabelSmoothing), TReal.Of(sum.LabelSmoothing / classes));

    /// <summary>t' of a target with 1 - ε and ε / C.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReal Smoothed<TReal>(TReal target, TReal kept, TReal shared)
        where TReal : unmanaged, IReal<TReal> => TReal.MultiplyAdd(target, kept, shared);

    /// <summary>The share of a class in the loss of a voxel.</summary>
    /// <param name="sum">The sum.</param>
    /// <param name="prediction">p.</param>
    /// <param name="smoothed">t'.</param>
    /// <param name="positive">a.</param>
    /// <param name="negative">b.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReal Value<TReal>(SumDefinition sum, Prediction<TReal> prediction, TReal smoothed, TReal positive, TReal negative)
        where TReal : unmanaged, IReal<TReal>
    {
        if (sum.Activation == Activation.None)
            prediction = Activations.Given(prediction.Value);
        return ValueOfActivated(sum, prediction, smoothed, positive, negative);
    }

    /// <summary>The same where there is an activation: kernels that know it are short, and .NET inlines all of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReal ValueOfActivated<TReal>(
        SumDefinition sum, Prediction<TReal> prediction, TReal smoothed, TReal positive, TReal negative)
        where TReal : unmanaged, IReal<TReal> =>
        ValueOfSides(sum, prediction, positive * smoothed, negative * (TReal.Of(1) - smoothed));

    /// <summary>The same of both sides.</summary>
    /// <param name="sum">The sum.</param>
    /// <param name="prediction">p.</param>
    /// <param name="atOne">a·t'.</param>
    /// <param name="atZero">b·(1 - t'); nothing with the softmax.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReal ValueOfSides<TReal>(SumDefinition sum, Prediction<TReal> prediction, TReal atOne, TReal atZero)
        where TReal : unmanaged, IReal<TReal>
    {
        var value = RealMath.Weighted(atOne, OneSided(sum, prediction));
        return sum.Activation == Activation.Softmax
            ? value
            : value + RealMath.Weighted(atZero, OneSided(sum, Turned(prediction)));
    }

    /// <summary><c>f(p) = (1 - p)^γ·(-ln p + ε·(1 - p))</c>, the term where t' = 1, before its factor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReal OneSided<TReal>(SumDefinition sum, Prediction<TReal> prediction)
        where TReal : unmanaged, IReal<TReal>
    {
        var value = sum.Poly == 0 ? prediction.Surprise : TReal.MultiplyAdd(prediction.Rest, TReal.Of(sum.Poly), prediction.Surprise);
        return sum.Gamma == 0 ? value : value * Power(sum, prediction.Rest, prediction.RestSurprise);
    }

    /// <summary>
    /// <c>s(p) = -p·f'(p) = (1 - p)^γ·(1 + ε·(γ + 1)·p) - γ·p·(1 - p)^(γ-1)·ln p</c>, the size of the derivative of <see cref="OneSided"/>
    /// along ln p. Where 1 - p is next to nothing, so is -ln p, and their quotient is near 1 however small both are; below the smallest
    /// normal number it is left at 0.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReal LogSlope<TReal>(SumDefinition sum, Prediction<TReal> prediction)
        where TReal : unmanaged, IReal<TReal>
    {
        const double smallest = 1e-37;
        var slope = TReal.Of(1);
        if (sum.Poly != 0)
            slope = TReal.MultiplyAdd(prediction.Value, TReal.Of(sum.Poly * (sum.Gamma + 1)), slope);
        if (sum.Gamma == 0)
            return slope;
        var quotient = RealMath.Weighted(prediction.Value, prediction.Surprise) * TReal.Reciprocal(
            TReal.Max(prediction.Rest, TReal.Of(smallest)));
        return Power(sum, prediction.Rest, prediction.RestSurprise) * TReal.MultiplyAdd(quotient, TReal.Of(sum.Gamma), slope);
    }

    /// <summary>
    /// With the sigmoid, the derivative of <see cref="OneSided"/> with respect to the logit, turned: <c>(1 - p)·s(p)</c>, in which nothing
    /// is divided by 1 - p.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReal OneSidedSlope<TReal>(SumDefinition sum, Prediction<TReal> prediction)
        where TReal : unmanaged, IReal<TReal>
    {
        var slope = prediction.Rest;
        if (sum.Poly != 0)
            slope = TReal.MultiplyAdd(prediction.Value * TReal.Of(sum.Poly * (sum.Gamma + 1)), prediction.Rest, slope);
        if (sum.Gamma == 0)
            return slope;
        var product = RealMath.Weighted(prediction.Value, prediction.Surprise);
        return Power(sum, prediction.Rest, prediction.RestSurprise) * TReal.MultiplyAdd(product, TReal.Of(sum.Gamma), slope);
    }

    /// <summary>
    /// <c>a·t'·s(p)</c>. With the softmax, the derivative of the loss with respect to logit j is <c>p_j·Σ_(c≠j) a_c·t'_c·s(p_c) - (1 -
    /// p_j)·a_j·t'_j·s(p_j)</c>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReal SoftmaxSlope<TReal>(SumDefinition sum, Prediction<TReal> prediction, TReal smoothed, TReal positive)
        where TReal : unmanaged, IReal<TReal> => SoftmaxSlopeOfSide(sum, prediction, positive * smoothed);

    /// <summary>The same of a·t'.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReal SoftmaxSlopeOfSide<TReal>(SumDefinition sum, Prediction<TReal> prediction, TReal atOne)
        where TReal : unmanaged, IReal<TReal> =>
        sum.IsLogarithm ? atOne : RealMath.Weighted(atOne, LogSlope(sum, prediction));

    /// <summary>The derivative of a class's share with respect to what is given of it: the logit with the sigmoid, p without an
    /// activation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReal ElementSlope<TReal>(SumDefinition sum, Prediction<TReal> prediction, TReal smoothed, TReal positive, TReal negative)
        where TReal : unmanaged, IReal<TReal>
    {
        if (sum.Activation == Activation.None)
        {
            var (atOne, atZero) = (positive * smoothed, negative * (TReal.Of(1) - smoothed));
            var (p, zero) = (prediction.Value, TReal.Of(0));
            var given = Activations.Given(p);
            var slope = RealMath.Weighted(atZero, GivenSlope(sum, Turned(given))) - RealMath.Weighted(atOne, GivenSlope(sum, given));
            return TReal.SelectLess(p, zero, zero, TReal.SelectLess(TReal.Of(1), p, zero, slope));
        }

        return SigmoidSlope(sum, prediction, smoothed, positive, negative);
    }

    /// <summary>The same with the sigmoid.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReal SigmoidSlope<TReal>(SumDefinition sum, Prediction<TReal> prediction, TReal smoothed, TReal positive, TReal negative)
        where TReal : unmanaged, IReal<TReal> =>
        SigmoidSlopeOfSides(sum, prediction, positive * smoothed, negative * (TReal.Of(1) - smoothed));

    /// <summary>The same of a·t' and b·(1 - t').</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReal SigmoidSlopeOfSides<TReal>(SumDefinition sum, Prediction<TReal> prediction, TReal atOne, TReal atZero)
        where TReal : unmanaged, IReal<TReal> =>
        RealMath.Weighted(atZero, OneSidedSlope(sum, Turned(prediction))) - RealMath.Weighted(atOne, OneSidedSlope(sum, prediction));

    /// <summary>The same with the sigmoid, of multiples of the logarithms.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReal LogarithmSlope<TReal>(Prediction<TReal> prediction, TReal smoothed, TReal positive, TReal negative)
        where TReal : unmanaged, IReal<TReal> =>
        RealMath.Weighted(negative * (TReal.Of(1) - smoothed), prediction.Value) - RealMath.Weighted(positive * smoothed, prediction.Rest);

    /// <summary>The derivative of <see cref="OneSided"/> with respect to a probability that is given, turned: <c>s(p) / p</c>, and 0 where
    /// its logarithm is that of another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TReal GivenSlope<TReal>(SumDefinition sum, Prediction<TReal> prediction)
        where TReal : unmanaged, IReal<TReal>
    {
        var least = TReal.Of(Activations.LeastGiven);
        var slope = LogSlope(sum, prediction) * TReal.Reciprocal(TReal.Max(prediction.Value, least));
        return TReal.SelectLess(prediction.Value, least, TReal.Of(0), slope);
    }

    /// <summary>The prediction that the voxel is not of the class.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Prediction<TReal> Turned<TReal>(Prediction<TReal> prediction)
        where TReal : unmanaged, IReal<TReal> => new()
        {
            Value = prediction.Rest,
            Rest = prediction.Value,
            Surprise = prediction.RestSurprise,
            RestSurprise = prediction.Surprise,
        };

    /// <summary>x^γ of a probability. With the sigmoid -ln x is at hand, with the softmax it may not be.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TReal Power<TReal>(SumDefinition sum, TReal value, TReal surprise)
        where TReal : unmanaged, IReal<TReal>
    {
        if (sum.Gamma == 2)
            return value * value;
        if (sum.Activation == Activation.Sigmoid)
            return TReal.Exp2(surprise * TReal.Of(-RealMath.Log2OfE * sum.Gamma));
        const double smallest = 1e-37;
        var power = TReal.Exp2(TReal.Log2(TReal.Max(value, TReal.Of(smallest))) * TReal.Of(sum.Gamma));
        return TReal.SelectLess(value, TReal.Of(smallest), TReal.Of(0), power);
    }
}
