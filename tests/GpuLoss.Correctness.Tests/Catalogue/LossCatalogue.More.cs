using Activation = GpuLoss.nn.Activation;

namespace GpuLossTests;

/// <content>Poly-1, correlation, unified focal losses, Wasserstein Dice.</content>
internal static partial class LossCatalogue
{
    private const double Epsilon = 1.5;
    private const double Share = 0.4;
    private const double Delta = 0.7;

    private static IEnumerable<CataloguedLoss> More()
    {
        CataloguedLoss correlation = new(
            "correlation",
            (o, c) => Fused.MCCLoss(o.Background, o.Batch, o.WeightTensor(c), o.Ignore, o.Numerator, o.Denominator, o.Reduction),
            ReferenceLosses.Correlation)
        {
            // With smoothing above a coefficient may be more than 1.
            Restrict = o => o with { Numerator = 0 },

            // V - P, where a class is predicted all but everywhere.
            MostSpread = 0.5,
        };
        CataloguedLoss asymmetric = new(
            "asymmetric unified focal",
            (o, _) => Fused.AsymmetricUnifiedFocalLoss(Share, Delta, UnifiedGamma(o), o.Ignore, o.Denominator),
            (v, o) => ReferenceLosses.UnifiedFocal(v, o, Share, Delta, UnifiedGamma(o), isSymmetric: false))
        { WeightLaw = WeightLaw.None, IsFast = false, HasSum = false, TreatsClassesAlike = false };
        return
        [
            new(
                "poly-1", (o, c) => Fused.Poly1Loss(Epsilon, o.FocalGamma, o.WeightTensor(c), o.Ignore, o.Reduction),
                (v, o) => ReferenceLosses.Poly1(v, o, Epsilon))
            { WeightLaw = WeightLaw.MeanIsInvariant, IsFast = false },
            new(
                "wasserstein dice",
                (o, c) => Fused.GeneralizedWassersteinDiceLoss(
                    tensor(Distances(o, c)), Mode(o), o.Ignore, o.Numerator, o.Denominator, o.Reduction),
                (v, o) => ReferenceLosses.WassersteinDice(v, o, Distances(o, v.Classes), Mode(o)))
            { IsAtMostOne = true, WeightLaw = WeightLaw.None, IsFast = false, TreatsClassesAlike = false, IsScaleFree = false },
            correlation,
            correlation with
            {
                Name = "correlation, sigmoid",
                Make = (o, c) => Fused.MCCLoss(
                    o.Background, o.Batch, o.WeightTensor(c), o.Ignore, o.Numerator, o.Denominator, o.Reduction, Activation.Sigmoid),
                Activate = ReferenceVolume.Sigmoid,
                IsOfSoftmax = false,
                IsFast = false,
            },
            asymmetric,
            asymmetric with
            {
                Name = "symmetric unified focal",
                Make = (o, _) => Fused.SymmetricUnifiedFocalLoss(Share, Delta, UnifiedGamma(o), o.Ignore, o.Denominator),
                Reference = (v, o) => ReferenceLosses.UnifiedFocal(v, o, Share, Delta, UnifiedGamma(o), isSymmetric: true),
            },
        ];
    }

    /// <summary>Distances between the places of the classes, of another metric for each case, plus a little where they are not
    /// symmetric.</summary>
    private static double[,] Distances(LossOptions options, long classes)
    {
        var random = new Random((int)(1000 * options.Alpha));
        var places = Enumerable.Range(0, (int)classes).Select(_ => random.NextDouble()).ToArray();
        var distances = new double[classes, classes];
        for (var row = 0; row < classes; row++)
        {
            for (var column = 0; column < classes; column++)
                distances[row, column] = row == column ? 0 : 0.1 + Math.Abs(places[row] - places[column]) + 0.1 * random.NextDouble();
        }

        return distances;
    }

    private static Fused.WassersteinWeighting Mode(LossOptions options) =>
        options.Batch ? Fused.WassersteinWeighting.GDL : Fused.WassersteinWeighting.Default;

    private static double UnifiedGamma(LossOptions options) => 1 - Math.Min(1, options.Power);
}
