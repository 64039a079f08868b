namespace GpuLossTests;

/// <summary>All losses. A new one is one entry here, and every property is tested of it.</summary>
internal static class LossCatalogue
{
    public static IReadOnlyList<CataloguedLoss> All { get; } =
    [
        new(
            "dice",
            (o, c) => Fused.DiceLoss(o.Background, o.Squared, o.Batch, o.WeightTensor(c), o.Ignore, o.Numerator, o.Denominator, o.Reduction),
            ReferenceLosses.Dice)
        { IsAtMostOne = true },
        new(
            "jaccard",
            (o, c) => Fused.JaccardLoss(o.Background, o.Batch, o.WeightTensor(c), o.Ignore, o.Numerator, o.Denominator, o.Reduction),
            ReferenceLosses.Jaccard)
        { IsAtMostOne = true },
        new(
            "tversky",
            (o, c) => Fused.TverskyLoss(
                o.Alpha, o.Beta, o.Background, o.Batch, o.WeightTensor(c), o.Ignore, o.Numerator, o.Denominator, o.Reduction),
            ReferenceLosses.Tversky)
        { IsAtMostOne = true },
        new(
            "focal tversky",
            (o, c) => Fused.FocalTverskyLoss(
                o.Alpha, o.Beta, o.Power, o.Background, o.Batch, o.WeightTensor(c), o.Ignore, o.Numerator, o.Denominator, o.Reduction),
            ReferenceLosses.FocalTversky)
        { IsAtMostOne = true },
        new(
            "log dice",
            (o, c) => Fused.LogDiceLoss(
                o.Power, o.Background, o.Batch, o.WeightTensor(c), o.Ignore, o.Numerator, o.Denominator, o.Reduction),
            ReferenceLosses.LogDice)
        {
            // Without smoothing a class that is missed has an infinite loss.
            Restrict = o => o.Numerator == 0 ? o with { Numerator = 1e-3, Denominator = 1e-3 } : o,
        },
        new(
            "generalized dice",
            (o, _) => Fused.GeneralizedDiceLoss(o.Background, o.Weighting, o.Batch, o.Ignore, o.Numerator, o.Denominator, o.Reduction),
            ReferenceLosses.GeneralizedDice)
        { IsAtMostOne = true, WeightLaw = WeightLaw.None },
        new("cross-entropy", (o, c) => Fused.CrossEntropyLoss(o.WeightTensor(c), o.Ignore, o.Reduction), ReferenceLosses.CrossEntropy)
        { WeightLaw = WeightLaw.MeanIsInvariant },
        new(
            "focal",
            (o, c) => Fused.FocalLoss(o.FocalGamma, o.FocalAlpha, o.FocalAlpha is null ? o.WeightTensor(c) : null, o.Ignore, o.Reduction),
            ReferenceLosses.Focal)
        { Restrict = o => o.WeightSeed is null ? o : o with { FocalAlpha = null } },
        new(
            "dice + cross-entropy",
            (o, c) => Fused.DiceCELoss(
                o.Background, o.Squared, o.Batch, o.WeightTensor(c), o.Ignore, o.Numerator, o.Denominator, o.Reduction, o.FirstLambda, o.SecondLambda),
            (v, o) => o.FirstLambda * ReferenceLosses.Dice(v, o) + o.SecondLambda * ReferenceLosses.CrossEntropy(v, o))
        { WeightLaw = WeightLaw.None },
        new(
            "dice + focal",
            (o, c) => Fused.DiceFocalLoss(
                o.Background, o.Squared, o.Batch, o.WeightTensor(c), o.Ignore, o.Numerator, o.Denominator, o.Reduction, o.FirstLambda, o.SecondLambda,
                o.FocalGamma, o.FocalAlpha),
            (v, o) => o.FirstLambda * ReferenceLosses.Dice(v, o) + o.SecondLambda * ReferenceLosses.Focal(v, o))
        { Restrict = o => o.WeightSeed is null ? o : o with { FocalAlpha = null } },
        new(
            "generalized dice + focal",
            (o, c) => Fused.GeneralizedDiceFocalLoss(
                o.Background, o.Weighting, o.Batch, o.WeightTensor(c), o.Ignore, o.Numerator, o.Denominator, o.Reduction, o.FirstLambda, o.SecondLambda,
                o.FocalGamma, o.FocalAlpha),
            (v, o) => o.FirstLambda * ReferenceLosses.GeneralizedDice(v, o) + o.SecondLambda * ReferenceLosses.Focal(v, o))
        { WeightLaw = WeightLaw.None },
        new(
            "compound of three",
            (o, c) => Fused.CompoundLoss(
                (o.FirstLambda, Fused.DiceLoss(o.Background, o.Squared, o.Batch, o.WeightTensor(c), o.Ignore, o.Numerator, o.Denominator, o.Reduction)),
                (0.4, Fused.DiceLoss(o.Background, o.Squared, o.Batch, null, o.Ignore, o.Numerator, o.Denominator, o.Reduction)),
                (o.SecondLambda, Fused.CrossEntropyLoss(o.WeightTensor(c), o.Ignore, o.Reduction))),
            (v, o) => o.FirstLambda * ReferenceLosses.Dice(v, o) + 0.4 * ReferenceLosses.Dice(v, o with { WeightSeed = null })
                + o.SecondLambda * ReferenceLosses.CrossEntropy(v, o))
        { WeightLaw = WeightLaw.None },
    ];

    public static TheoryData<string> Names => [.. All.Select(loss => loss.Name)];

    public static CataloguedLoss Of(string name) => All.Single(loss => loss.Name == name);
}
