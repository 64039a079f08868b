using Activation = GpuLoss.nn.Activation;

namespace GpuLossTests;

/// <content>Poly-1, correlation, unified focal losses.</content>
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

    private static double UnifiedGamma(LossOptions options) => 1 - Math.Min(1, options.Power);
}
