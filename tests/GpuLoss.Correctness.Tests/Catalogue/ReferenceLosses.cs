using Weighting = GpuLoss.nn.ClassWeighting;

namespace GpuLossTests;

/// <summary>The formulas of the guide (src/guide/losses.md) in float64.</summary>
internal static partial class ReferenceLosses
{
    public static Tensor Dice(ReferenceVolume volume, LossOptions options) => MeanOfClasses(
        volume, options, options.Squared, (i, p, t) => 1 - Ratio(2 * i + options.Numerator, p + t + options.Denominator));

    public static Tensor Jaccard(ReferenceVolume volume, LossOptions options) => MeanOfClasses(
        volume, options, squared: false, (i, p, t) => 1 - Ratio(2 * i + options.Numerator, 2 * (p + t - i) + options.Denominator));

    public static Tensor Tversky(ReferenceVolume volume, LossOptions options) =>
        MeanOfClasses(volume, options, squared: false, TverskyOf(options));

    public static Tensor FocalTversky(ReferenceVolume volume, LossOptions options)
    {
        var tversky = TverskyOf(options);
        return MeanOfClasses(volume, options, squared: false, (i, p, t) => tversky(i, p, t).pow(options.Power));
    }

    public static Tensor LogDice(ReferenceVolume volume, LossOptions options) => MeanOfClasses(
        volume, options, squared: false,
        (i, p, t) => (-Ratio(2 * i + options.Numerator, p + t + options.Denominator).log()).pow(options.Power));

    public static Tensor GeneralizedDice(ReferenceVolume volume, LossOptions options)
    {
        var (i, p, t, counts) = Sums(volume, options, squared: false);
        var w = options.Weighting switch { Weighting.Square => 1 / (t * t), Weighting.Simple => 1 / t, _ => ones_like(t) };
        var infinite = w.isinf();
        w = where(infinite, zeros_like(w), w);
        w = where(infinite, w.amax([1], keepdim: true).expand(w.shape), w);
        return Reduce(1 - Ratio(2 * (w * i).sum(1) + options.Numerator, (w * (p + t)).sum(1) + options.Denominator), counts.squeeze(1),
            options);
    }

    public static Tensor CrossEntropy(ReferenceVolume volume, LossOptions options)
    {
        var w = PerClass(options.Weights(volume.Classes), volume.Classes) * volume.T * volume.Times;
        var total = -(w * OwnLogP(volume)).sum();
        return options.Sum ? total : Ratio(total, w.sum(), whereZero: 0);
    }

    public static Tensor Focal(ReferenceVolume volume, LossOptions options)
    {
        var w = PerClass(options.FocalWeights(volume.Classes), volume.Classes) * volume.T * volume.Times;
        var log = OwnLogP(volume);
        var total = -(w * (1 - log.exp()).clamp(0).pow(options.FocalGamma) * log).sum();
        return options.Sum ? total : Ratio(total, volume.Times.sum() * volume.Classes, whereZero: 0);
    }

    /// <summary>Cross-entropy whose labels are a little of every class.</summary>
    public static Tensor SmoothedCrossEntropy(ReferenceVolume volume, LossOptions options, double smoothing)
    {
        var ofClasses = PerClass(options.Weights(volume.Classes), volume.Classes) * volume.Times;
        var total = -(ofClasses * ((1 - smoothing) * volume.T + smoothing / volume.Classes) * volume.LogP).sum();
        return options.Sum ? total : Ratio(total, (ofClasses * volume.T).sum(), whereZero: 0);
    }

    /// <summary>Of every class by itself.</summary>
    public static Tensor BinaryCrossEntropy(ReferenceVolume volume, LossOptions options) =>
        ReduceElements(-(OwnLogP(volume) + OthersLogNotP(volume)), volume, options);

    /// <summary>Focal loss of every class by itself.</summary>
    public static Tensor SigmoidFocal(ReferenceVolume volume, LossOptions options)
    {
        var (positive, negative) = options.FocalAlpha is { } alpha ? (alpha, 1 - alpha) : (1, 1);
        return ReduceElements(
            -(positive * (1 - volume.P).pow(options.FocalGamma) * OwnLogP(volume)
                + negative * volume.P.pow(options.FocalGamma) * OthersLogNotP(volume)),
            volume, options, options.Background);
    }

    private static Tensor ReduceElements(Tensor elements, ReferenceVolume volume, LossOptions options, bool background = true)
    {
        var first = background ? 0 : 1;
        var weighted = PerClass(options.Weights(volume.Classes), volume.Classes) * elements * volume.Times;
        var total = weighted.narrow(1, first, volume.Classes - first).sum();
        return options.Sum ? total : Ratio(total, volume.Times.sum() * (volume.Classes - first), whereZero: 0);
    }

    private static Func<Tensor, Tensor, Tensor, Tensor> TverskyOf(LossOptions options) => (i, p, t) => 1 - Ratio(
        i + options.Numerator, i + options.Alpha * (p - i) + options.Beta * (t - i) + options.Denominator);

    private static Tensor MeanOfClasses(
        ReferenceVolume volume, LossOptions options, bool squared, Func<Tensor, Tensor, Tensor, Tensor> perClass)
    {
        var (i, p, t, counts) = Sums(volume, options, squared);
        var loss = perClass(i, p, t);
        if (options.Weights(volume.Classes) is { } weights)
            loss *= tensor(weights[^(int)loss.shape[1]..]);
        return Reduce(loss, counts, options);
    }

    /// <summary>The mean or the sum. Where all voxels of a sample are ignored, or of all samples where they are pooled, the loss is
    /// 0.</summary>
    private static Tensor Reduce(Tensor loss, Tensor counts, LossOptions options)
    {
        var counted = where(counts.expand(loss.shape), loss, zeros_like(loss));
        return options.Sum ? counted.sum() : counted.mean();
    }

    private static (Tensor I, Tensor P, Tensor T, Tensor Counts) Sums(ReferenceVolume volume, LossOptions options, bool squared)
    {
        var first = options.Background ? 0 : 1;
        var (p, t) = (volume.P.narrow(1, first, volume.Classes - first), volume.T.narrow(1, first, volume.Classes - first));
        Tensor Sum(Tensor values)
        {
            var counted = values * volume.Times;
            return options.Batch ? counted.sum([0, 2]).unsqueeze(0) : counted.sum(2);
        }

        return (Sum(p * t), Sum(squared ? p * p : p), Sum(t), Sum(ones_like(volume.Times)).gt(0));
    }

    /// <summary>A quotient that has a value where it divides by 0, and no NaN in its gradient there.</summary>
    private static Tensor Ratio(Tensor numerator, Tensor denominator, double whereZero = 1)
    {
        var isZero = denominator.eq(0);
        return where(isZero, full_like(denominator, whereZero), numerator / where(isZero, ones_like(denominator), denominator));
    }

    /// <summary>log p of a voxel's own class, 0 for other classes, whose logarithm may be infinite.</summary>
    private static Tensor OwnLogP(ReferenceVolume volume) => where(volume.T.eq(0), zeros_like(volume.LogP), volume.LogP);

    /// <summary>log(1 - p) of the other classes, 0 for a voxel's own.</summary>
    private static Tensor OthersLogNotP(ReferenceVolume volume) => where(volume.T.eq(0), volume.LogNotP, zeros_like(volume.LogNotP));

    private static Tensor PerClass(double[]? weights, long classes) =>
        (weights is null ? ones(classes, dtype: ScalarType.Float64) : tensor(weights)).reshape([1, classes, 1]);
}
