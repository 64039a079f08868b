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
        : target.MultiplyAdd(target.Of(1 - sum.LabelSmoothing), target.Of(sum.LabelSmoothing / classes));

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
        var surprise = prediction.Surprise;
        if (sum.Gamma != 0)
            surprise = surprise.Multiply(Power(prediction.Rest, sum.Gamma));
        var value = RealMath.Weighted(positive.Multiply(smoothed), surprise);
        if (sum.Activation != Activation.Sigmoid)
            return value;
        surprise = prediction.RestSurprise;
        if (sum.Gamma != 0)
            surprise = surprise.Multiply(Power(prediction.Value, sum.Gamma));
        return value.Add(RealMath.Weighted(negative.Multiply(smoothed.Of(1).Subtract(smoothed)), surprise));
    }

    /// <summary>
    /// <c>a·t'·s(p)</c> with <c>s(p) = (1 - p)^γ - γ·p·(1 - p)^(γ-1)·ln p</c>, the size of the derivative along ln p. With the softmax, the derivative
    /// of the loss with respect to logit j is <c>p_j·Σ_(c≠j) a_c·t'_c·s(p_c) - (1 - p_j)·a_j·t'_j·s(p_j)</c>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReal SoftmaxSlope<TReal>(SumDefinition sum, Prediction<TReal> prediction, TReal smoothed, TReal positive)
        where TReal : unmanaged, IReal<TReal>
    {
        var factor = positive.Multiply(smoothed);
        return sum.Gamma == 0 ? factor : RealMath.Weighted(factor, Slope(prediction.Value, prediction.Rest, prediction.Surprise, sum.Gamma));
    }

    /// <summary>With the sigmoid, the derivative of a class's share with respect to its logit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReal SigmoidSlope<TReal>(SumDefinition sum, Prediction<TReal> prediction, TReal smoothed, TReal positive, TReal negative)
        where TReal : unmanaged, IReal<TReal>
    {
        var (ofPositive, ofNegative) = (positive.Multiply(smoothed), negative.Multiply(smoothed.Of(1).Subtract(smoothed)));
        if (sum.Gamma != 0)
        {
            ofPositive = RealMath.Weighted(ofPositive, Slope(prediction.Value, prediction.Rest, prediction.Surprise, sum.Gamma));
            ofNegative = RealMath.Weighted(ofNegative, Slope(prediction.Rest, prediction.Value, prediction.RestSurprise, sum.Gamma));
        }

        return ofNegative.Multiply(prediction.Value).Subtract(ofPositive.Multiply(prediction.Rest));
    }

    /// <summary>
    /// s(p). Where 1 - p is next to nothing, so is -ln p, and their quotient is near 1 however small both are; below the smallest normal number it is left at
    /// 0.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TReal Slope<TReal>(TReal value, TReal rest, TReal surprise, double gamma)
        where TReal : unmanaged, IReal<TReal>
    {
        const double smallest = 1e-37;
        var product = RealMath.Weighted(value, surprise);
        var quotient = product.Multiply(rest.Max(rest.Of(smallest)).Reciprocal());
        return Power(rest, gamma).Multiply(quotient.MultiplyAdd(quotient.Of(gamma), quotient.Of(1)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TReal Power<TReal>(TReal value, double exponent)
        where TReal : unmanaged, IReal<TReal>
    {
        if (exponent == 2)
            return value.Multiply(value);
        const double smallest = 1e-37;
        var power = value.Max(value.Of(smallest)).Log2().Multiply(value.Of(exponent)).Exp2();
        return value.SelectLess(value.Of(smallest), value.Of(0), power);
    }
}
