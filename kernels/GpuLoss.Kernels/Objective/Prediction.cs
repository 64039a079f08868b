using System.Runtime.CompilerServices;

namespace GpuLoss.Kernels.Objective;

/// <summary>The prediction of one class in a voxel, and the logarithms that the voxel terms are made of.</summary>
/// <typeparam name="TReal">The number type.</typeparam>
internal struct Prediction<TReal>
    where TReal : unmanaged, IReal<TReal>
{
    /// <summary>p.</summary>
    public TReal Value { get; set; }

    /// <summary>1 - p.</summary>
    public TReal Rest { get; set; }

    /// <summary>-ln p; unused where there is no voxel term.</summary>
    public TReal Surprise { get; set; }

    /// <summary>-ln(1 - p); not with the softmax.</summary>
    public TReal RestSurprise { get; set; }
}

/// <summary>The activations.</summary>
internal static class Activations
{
    /// <summary>The least probability that is given whose logarithm is taken, as segmentation_models.pytorch clamps it.</summary>
    public const double LeastGiven = 1e-7;

    /// <summary>A prediction of which nothing is known: what a formula reads and nobody has written is not a number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Prediction<TReal> Unknown<TReal>()
        where TReal : unmanaged, IReal<TReal>
    {
        var unknown = TReal.Of(double.NaN);
        return new() { Value = unknown, Rest = unknown, Surprise = unknown, RestSurprise = unknown };
    }

    /// <summary>The sigmoid of a logit. Only exponentials of negative numbers are taken, so nothing overflows and no digit is lost on
    /// either side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Prediction<TReal> Sigmoid<TReal>(TReal logit)
        where TReal : unmanaged, IReal<TReal>
    {
        var exponential = SigmoidExponential(logit);
        return Sigmoid(logit, exponential, TReal.LogOnePlus(exponential));
    }

    /// <summary>The same of what is known already.</summary>
    /// <param name="logit">x.</param>
    /// <param name="exponential">e^-|x|.</param>
    /// <param name="log">ln(1 + e^-|x|): <c>-ln p = max(-x, 0) + ln(1 + e^-|x|)</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Prediction<TReal> Sigmoid<TReal>(TReal logit, TReal exponential, TReal log)
        where TReal : unmanaged, IReal<TReal>
    {
        var zero = TReal.Of(0);
        var value = SigmoidValue(logit, exponential, out var rest);
        return new Prediction<TReal>
        {
            Value = value,
            Rest = rest,
            Surprise = TReal.SelectLess(logit, zero, zero - logit, zero) + log,
            RestSurprise = TReal.SelectLess(logit, zero, zero, logit) + log,
        };
    }

    /// <summary>e^-|x|.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReal SigmoidExponential<TReal>(TReal logit)
        where TReal : unmanaged, IReal<TReal> => TReal.Exp2(TReal.Max(logit, TReal.Of(0) - logit) * TReal.Of(-RealMath.Log2OfE));

    /// <summary>p of a sigmoid.</summary>
    /// <param name="logit">x.</param>
    /// <param name="exponential">e^-|x|.</param>
    /// <param name="rest">1 - p.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReal SigmoidValue<TReal>(TReal logit, TReal exponential, out TReal rest)
        where TReal : unmanaged, IReal<TReal>
    {
        var zero = TReal.Of(0);
        var likely = TReal.Reciprocal(exponential + TReal.Of(1));
        var unlikely = exponential * likely;
        rest = TReal.SelectLess(logit, zero, likely, unlikely);
        return TReal.SelectLess(logit, zero, unlikely, likely);
    }

    /// <summary>The softmax of a class.</summary>
    /// <param name="distance">x - largest x of the voxel. As a number of powers of 2 it could be infinite where -ln p is not.</param>
    /// <param name="exponential">e^distance.</param>
    /// <param name="others">Σ e^distance over the classes but the largest. 1 - p of that class is made of it, since p itself may be rounded
    /// to 1.</param>
    /// <param name="scale">1 / (1 + others).</param>
    /// <param name="logOfSum">ln(1 + others).</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Prediction<TReal> Softmax<TReal>(TReal distance, TReal exponential, TReal others, TReal scale, TReal logOfSum)
        where TReal : unmanaged, IReal<TReal>
    {
        var value = exponential * scale;
        return new Prediction<TReal>
        {
            Value = value,
            Rest = TReal.SelectEqual(distance, TReal.Of(0), others * scale, TReal.Of(1) - value),
            Surprise = logOfSum - distance,
            RestSurprise = TReal.Of(double.NaN),
        };
    }

    /// <summary>
    /// A probability that is given, with the logarithms of a voxel term: it is taken as a number from 0 to 1, and a logarithm as that of
    /// <see cref="LeastGiven"/> at least.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Prediction<TReal> Given<TReal>(TReal probability)
        where TReal : unmanaged, IReal<TReal>
    {
        var (zero, one) = (TReal.Of(0), TReal.Of(1));
        var value = TReal.SelectLess(probability, zero, zero, TReal.SelectLess(one, probability, one, probability));
        var rest = one - value;
        return new Prediction<TReal>
        {
            Value = value,
            Rest = rest,
            Surprise = SurpriseOf(value, rest),
            RestSurprise = SurpriseOf(rest, value)
        };
    }

    /// <summary>The prediction of a decision, or the logit itself, without the logarithms of a voxel term.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Prediction<TReal> Plain<TReal>(TReal value)
        where TReal : unmanaged, IReal<TReal> => Unknown<TReal>() with { Value = value };

    /// <summary>-ln p, which near 1 is made of 1 - p: that has all its digits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TReal SurpriseOf<TReal>(TReal value, TReal rest)
        where TReal : unmanaged, IReal<TReal>
    {
        var half = TReal.Of(0.5);
        var small = TReal.LogOnePlus(TReal.SelectLess(value, half, TReal.Of(0), rest) * TReal.Reciprocal(TReal.Max(value, half)));
        return TReal.SelectLess(value, half, TReal.Log2(TReal.Max(value, TReal.Of(LeastGiven))) * TReal.Of(-RealMath.LogOf2), small);
    }

    /// <summary>1 where a logit is the largest of its voxel and no class before it was.</summary>
    /// <param name="logit">The logit.</param>
    /// <param name="largest">The largest of the voxel.</param>
    /// <param name="taken">The sum of this over the classes before.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReal IsLargest<TReal>(TReal logit, TReal largest, TReal taken)
        where TReal : unmanaged, IReal<TReal> => TReal.SelectEqual(logit, largest, TReal.Of(1) - taken, TReal.Of(0));
}
