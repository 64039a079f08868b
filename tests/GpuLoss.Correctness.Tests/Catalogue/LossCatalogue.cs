using Activation = GpuLoss.nn.Activation;

namespace GpuLossTests;

/// <summary>All losses. A new one is one entry here, and every property is tested of it.</summary>
internal static partial class LossCatalogue
{
    private const double Smoothing = 0.1;

    public static IReadOnlyList<CataloguedLoss> All { get; } = [.. OfSoftmax(), .. OfSigmoid(), .. Smoothed(), .. More()];

    public static TheoryData<string> Names => [.. All.Select(loss => loss.Name)];

    public static CataloguedLoss Of(string name) => All.Single(loss => loss.Name == name);

    /// <summary>The losses of the softmax and of class indices.</summary>
    private static CataloguedLoss[] OfSoftmax() =>
    [
        new(
            "dice",
            (o, c) => Fused.DiceLoss(
                o.Background, o.Squared, o.Batch, o.WeightTensor(c), o.Ignore, o.Numerator, o.Denominator, o.Reduction),
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
            (o, c) => Fused.FocalLoss(
                o.FocalGamma, o.Background ? o.FocalAlpha : null, o.WeightTensor(c), o.Ignore, o.Reduction,
                include_background: o.Background),
            ReferenceLosses.FocalOfClasses),
        new(
            "dice + cross-entropy",
            (o, c) => Fused.DiceCELoss(
                o.Background, o.Squared, o.Batch, o.WeightTensor(c), o.Ignore, o.Numerator, o.Denominator, o.Reduction, o.FirstLambda,
                o.SecondLambda),
            (v, o) => o.FirstLambda * ReferenceLosses.Dice(v, o) + o.SecondLambda * ReferenceLosses.CrossEntropy(v, o))
        { WeightLaw = WeightLaw.None },
        new(
            "dice + focal",
            (o, c) => Fused.DiceFocalLoss(
                o.Background, o.Squared, o.Batch, o.WeightTensor(c), o.Ignore, o.Numerator, o.Denominator, o.Reduction, o.FirstLambda,
                o.SecondLambda,
                o.FocalGamma, o.Background ? o.FocalAlpha : null),
            (v, o) => o.FirstLambda * ReferenceLosses.Dice(v, o) + o.SecondLambda * ReferenceLosses.FocalOfClasses(v, o)),
        new(
            "generalized dice + focal",
            (o, c) => Fused.GeneralizedDiceFocalLoss(
                o.Background, o.Weighting, o.Batch, o.WeightTensor(c), o.Ignore, o.Numerator, o.Denominator, o.Reduction, o.FirstLambda,
                o.SecondLambda,
                o.FocalGamma, o.Background ? o.FocalAlpha : null),
            (v, o) => o.FirstLambda * ReferenceLosses.GeneralizedDice(v, o) + o.SecondLambda * ReferenceLosses.FocalOfClasses(v, o))
        { WeightLaw = WeightLaw.None },
        new(
            "compound of three",
            (o, c) => Fused.CompoundLoss(
                (o.FirstLambda, Fused.DiceLoss(
                    o.Background, o.Squared, o.Batch, o.WeightTensor(c), o.Ignore, o.Numerator, o.Denominator, o.Reduction)),
                (0.4, Fused.DiceLoss(o.Background, o.Squared, o.Batch, null, o.Ignore, o.Numerator, o.Denominator, o.Reduction)),
                (o.SecondLambda, Fused.CrossEntropyLoss(o.WeightTensor(c), o.Ignore, o.Reduction))),
            (v, o) => o.FirstLambda * ReferenceLosses.Dice(v, o) + 0.4 * ReferenceLosses.Dice(v, o with { WeightSeed = null })
                + o.SecondLambda * ReferenceLosses.CrossEntropy(v, o))
        { WeightLaw = WeightLaw.None },
    ];

    /// <summary>The losses of the sigmoid, where every class is a question of its own.</summary>
    private static IEnumerable<CataloguedLoss> OfSigmoid()
    {
        const Activation sigmoid = Activation.Sigmoid;
        CataloguedLoss[] losses =
        [
            new(
                "dice, sigmoid",
                (o, c) => Fused.DiceLoss(
                    o.Background, o.Squared, o.Batch, o.WeightTensor(c), o.Ignore, o.Numerator, o.Denominator, o.Reduction, sigmoid),
                ReferenceLosses.Dice)
            { IsAtMostOne = true },
            new(
                "tversky, sigmoid",
                (o, c) => Fused.TverskyLoss(
                    o.Alpha, o.Beta, o.Background, o.Batch, o.WeightTensor(c), o.Ignore, o.Numerator, o.Denominator, o.Reduction, sigmoid),
                ReferenceLosses.Tversky)
            { IsAtMostOne = true },
            new(
                "generalized dice, sigmoid",
                (o, _) => Fused.GeneralizedDiceLoss(
                    o.Background, o.Weighting, o.Batch, o.Ignore, o.Numerator, o.Denominator, o.Reduction, sigmoid),
                ReferenceLosses.GeneralizedDice)
            { IsAtMostOne = true, WeightLaw = WeightLaw.None },
            new(
                "focal, sigmoid",
                (o, c) => Fused.FocalLoss(o.FocalGamma, o.FocalAlpha, o.WeightTensor(c), o.Ignore, o.Reduction, sigmoid, o.Background),
                ReferenceLosses.SigmoidFocal),
            new(
                "binary cross-entropy", (o, c) => Fused.BCEWithLogitsLoss(o.WeightTensor(c), null, o.Ignore, o.Reduction),
                ReferenceLosses.BinaryCrossEntropy),
            new(
                "dice + binary cross-entropy",
                (o, c) => Fused.DiceBCELoss(
                    o.Background, o.Squared, o.Batch, o.WeightTensor(c), null, o.Ignore, o.Numerator, o.Denominator, o.Reduction,
                    o.FirstLambda,
                    o.SecondLambda),
                (v, o) => o.FirstLambda * ReferenceLosses.Dice(v, o) + o.SecondLambda * ReferenceLosses.BinaryCrossEntropy(v, o)),
        ];
        return losses.Select(loss => loss with { Activate = ReferenceVolume.Sigmoid, IsOfSoftmax = false, IsFast = false });
    }

    /// <summary>The losses of the softmax and of labels that are not 0 and 1, or are treated as if they were not.</summary>
    private static CataloguedLoss[] Smoothed() =>
    [
        new(
            "dice, soft labels",
            (o, c) => Fused.DiceLoss(
                o.Background, false, o.Batch, o.WeightTensor(c), o.Ignore, o.Numerator, o.Denominator, o.Reduction, soft_label: true),
            (v, o) => ReferenceLosses.Dice(v, o with { Squared = false }))
        { IsAtMostOne = true, IsFast = false },
        new(
            "cross-entropy, smoothed", (o, c) => Fused.CrossEntropyLoss(o.WeightTensor(c), o.Ignore, o.Reduction, Smoothing),
            (v, o) => ReferenceLosses.SmoothedCrossEntropy(v, o, Smoothing))
        { WeightLaw = WeightLaw.MeanIsInvariant, IsLeastAtTheTarget = false, IsFast = false },
    ];
}
