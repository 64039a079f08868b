namespace GpuLossTests;

/// <content>Poly-1, correlation, unified focal loss, Wasserstein Dice.</content>
internal static partial class ReferenceLosses
{
    public static Tensor Poly1(ReferenceVolume volume, LossOptions options, double epsilon)
    {
        var w = PerClass(options.Weights(volume.Classes), volume.Classes) * volume.T * volume.Times;
        var rest = (1 - volume.P).clamp(0);
        var total = (w * rest.pow(options.FocalGamma) * (epsilon * rest - OwnLogP(volume))).sum();
        return options.Sum ? total : Ratio(total, w.sum(), whereZero: 0);
    }

    /// <summary>Focal loss with the background where it counts, which alpha takes for granted.</summary>
    public static Tensor FocalOfClasses(ReferenceVolume volume, LossOptions options) =>
        options.Background ? Focal(volume, options) : FocalOfForeground(volume, options with { FocalAlpha = null });

    /// <summary>Focal loss without the background.</summary>
    public static Tensor FocalOfForeground(ReferenceVolume volume, LossOptions options) => Focal(
        volume with { T = cat([zeros_like(volume.T.narrow(1, 0, 1)), volume.T.narrow(1, 1, volume.Classes - 1)], 1) }, options)
        * (options.Sum ? 1 : volume.Classes / (volume.Classes - 1.0));

    public static Tensor Correlation(ReferenceVolume volume, LossOptions options)
    {
        var voxels = options.Batch ? volume.Times.sum() : volume.Times.sum(2);
        return MeanOfClasses(volume, options, squared: false, (i, p, t) =>
        {
            var product = p * t * (voxels - p).clamp(0) * (voxels - t) + options.Denominator;
            var isPerfect = (i.eq(p) & i.eq(t)).to_type(ScalarType.Float64);
            var correlation = Ratio(
                voxels * i - p * t + options.Numerator, where(product.eq(0), product, product.clamp(1e-300).sqrt()), whereZero: 0);
            return (1 - isPerfect) * (1 - correlation);
        });
    }

    public static Tensor WassersteinDice(ReferenceVolume volume, LossOptions options, double[,] distances, Fused.WassersteinWeighting mode)
    {
        var m = tensor(distances) / distances.Cast<double>().Max();
        var t = volume.T * volume.Times;
        var w = (volume.T.unsqueeze(2) * m.reshape(1, volume.Classes, volume.Classes, 1)).sum(1).mul(volume.P)
            .sum(1, keepdim: true); // Σ_l M[y, l]·p_l
        var alpha = mode == Fused.WassersteinWeighting.GDL
            ? 1 / (t.sum(2, keepdim: true) + 1)
            : PerClass([0, .. Enumerable.Repeat(1.0, (int)volume.Classes - 1)], volume.Classes);
        var truePositives = (alpha * t * (1 - w)).sum([1, 2]);
        var errors = mode == Fused.WassersteinWeighting.GDL ? (alpha * t * w).sum([1, 2]) : (t * w).sum([1, 2]);
        return Reduce(
            1 - Ratio(2 * truePositives + options.Numerator, 2 * truePositives + errors + options.Denominator),
            volume.Times.sum([1, 2]).gt(0), options);
    }

    public static Tensor UnifiedFocal(
        ReferenceVolume volume, LossOptions options, double share, double delta, double gamma, bool isSymmetric)
    {
        var others = (int)volume.Classes - 1;
        Tensor Classes(double background, double foreground) =>
            PerClass([background, .. Enumerable.Repeat(foreground, others)], volume.Classes);
        var rest = (1 - volume.P).clamp(0).pow(gamma);
        var factor = isSymmetric ? rest : Classes(1, 0) * rest + Classes(0, 1);
        var focal = Ratio(-(Classes(1 - delta, delta) * factor * OwnLogP(volume) * volume.Times).sum(), volume.Times.sum(), whereZero: 0);
        var powers = isSymmetric ? Classes(1 - gamma, 1 - gamma) : Classes(1, 1 - gamma);
        var tversky = MeanOfClasses(
            volume, new LossOptions { Numerator = options.Denominator, Denominator = options.Denominator }, squared: false,
            (i, p, t) => (1 - Ratio(i + options.Denominator, i + (1 - delta) * (p - i) + delta * (t - i) + options.Denominator)).clamp(0)
                .pow(powers.squeeze(2)));
        return share * focal + (1 - share) * tversky;
    }
}
