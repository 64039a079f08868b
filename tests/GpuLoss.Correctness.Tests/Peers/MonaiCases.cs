using Activation = GpuLoss.nn.Activation;
using Reduction = TorchSharp.torch.nn.Reduction;
using Weighting = GpuLoss.nn.ClassWeighting;

namespace GpuLossTests;

/// <summary>
/// The tables of MONAI 1.6's tests of its losses (tests/losses/test_dice_loss.py and its neighbours), as numbers. What has no counterpart
/// here is left out: other activations than sigmoid and softmax.
/// </summary>
internal static partial class MonaiCases
{
    private static readonly MonaiTensor Cross = Single([1, 1, 2, 2], [1, -1, -1, 1]);
    private static readonly MonaiTensor CrossTarget = Single([1, 1, 2, 2], [1, 0, 1, 1]);
    private static readonly MonaiTensor TwoCrosses = Single([2, 1, 2, 2], [1, -1, -1, 1, 1, -1, -1, 1]);
    private static readonly MonaiTensor TwoCrossesTarget = Single([2, 1, 2, 2], [1, 1, 1, 1, 1, 0, 1, 0]);
    private static readonly MonaiTensor Shares = Single([2, 1, 2, 2], [0.3, 0.4, 0.7, 0.9, 1, 0.1, 0.5, 0.3]);
    private static readonly MonaiTensor Hard = Single([2, 2, 3], [1, 1, 0, 0, 0, 1, 1, 0, 1, 0, 1, 0]);
    private static readonly MonaiTensor HardLabels = Labels([2, 1, 3], [0, 0, 1, 0, 1, 0]);
    private static readonly MonaiTensor Logits = Single([2, 2, 3], [-1, 0, 1, 1, 0, -1, 0, 0, 0, 0, 0, 0]);
    private static readonly MonaiTensor LogitsLabels = Labels([2, 1, 3], [1, 0, 0, 1, 1, 0]);
    private static readonly MonaiTensor Certain = Single([2, 2, 3], [100, 100, 0, 0, 0, 1, 1, 0, 1, 0, 1, 0]);
    private static readonly MonaiTensor Four = Single([1, 2, 4], [0, 10, 10, 10, 10, 0, 0, 0]);
    private static readonly MonaiTensor FourLabels = Labels([1, 1, 4], [1, 1, 0, 0]);
    private static readonly MonaiTensor Focal = Single([1, 3, 2, 2], [1, 1, 0.5, 0, 1, 1, 0.5, 0, 1, 1, 0.5, 0]);
    private static readonly MonaiTensor FocalLabels = Labels([1, 1, 2, 2], [0, 1, 2, 0]);
    private static readonly MonaiTensor FocalOneHot = Single([1, 3, 2, 2], [1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0]);

    public static IReadOnlyList<MonaiCase> All { get; } =
        [.. Dice(), .. GeneralizedDice(), .. Tversky(), .. FocalLosses(), .. DiceCE(), .. Correlation(), .. UnifiedFocal()];

    private static IEnumerable<MonaiCase> Dice()
    {
        const double relative = 1e-5;
        Loss Make(
            Activation activation, double smooth, bool background = true, bool soft = false, bool squared = false,
            Reduction reduction = Reduction.Mean) =>
            Fused.DiceLoss(background, squared, smooth_nr: smooth, smooth_dr: smooth, reduction: reduction, activation: activation,
                soft_label: soft);
        return
        [
            new("dice, sigmoid", () => Make(Activation.Sigmoid, 1e-6), Cross, CrossTarget, [0.307576], relative),
            new("dice, sigmoid, two samples", () => Make(Activation.Sigmoid, 1e-4), TwoCrosses, TwoCrossesTarget, [0.416657], relative),
            new("dice, soft labels", () => Make(Activation.None, 1e-4, soft: true), Shares, Shares, [0], relative),
            new("dice, soft target", () => Make(Activation.None, 1e-4), Shares, Shares, [0.307773], relative),
            new("dice, perfect, no background", () => Make(Activation.None, 0, background: false), Hard, HardLabels, [0], relative),
            new("dice, sigmoid, labels", () => Make(Activation.Sigmoid, 1e-4), Logits, LogitsLabels, [0.435050], relative),
            new(
                "dice, sigmoid, none", () => Make(Activation.Sigmoid, 1e-4, reduction: Reduction.None), Logits, LogitsLabels,
                [0.296529, 0.415136, 0.599976, 0.428559], relative),
            new("dice, softmax", () => Make(Activation.Softmax, 1e-4), Logits, LogitsLabels, [0.383713], relative),
            new("dice, softmax, sum", () =>
                Make(Activation.Softmax, 1e-4, reduction: Reduction.Sum), Logits, LogitsLabels, [1.534853], relative),
            new("dice, sigmoid, squared", () => Make(Activation.Sigmoid, 1e-5, squared: true), Cross, CrossTarget, [0.178337], relative),
            new("jaccard, sigmoid", () => Fused.JaccardLoss(activation: Activation.Sigmoid), Cross, CrossTarget, [0.470451], relative),
        ];
    }

    private static IEnumerable<MonaiCase> GeneralizedDice()
    {
        const double relative = 1e-5;
        Loss Make(
            Activation activation, double smooth, bool background = true, bool soft = false, Weighting weighting = Weighting.Square,
            Reduction reduction = Reduction.Mean) =>
            Fused.GeneralizedDiceLoss(
                background, weighting, smooth_nr: smooth, smooth_dr: smooth, reduction: reduction, activation: activation,
                soft_label: soft);
        return
        [
            new("gdl, sigmoid", () => Make(Activation.Sigmoid, 1e-6), Cross, CrossTarget, [0.307576], relative),
            new("gdl, sigmoid, two samples", () => Make(Activation.Sigmoid, 1e-4), TwoCrosses, TwoCrossesTarget, [0.416597], relative),
            new("gdl, soft labels", () => Make(Activation.None, 1e-4, soft: true), Shares, Shares, [0], relative),
            new("gdl, soft target", () => Make(Activation.None, 1e-4), Shares, Shares, [0.307748], relative),
            new("gdl, perfect, no background", () => Make(Activation.None, 0, background: false), Hard, HardLabels, [0], relative),
            new("gdl, sigmoid, labels", () => Make(Activation.Sigmoid, 1e-4), Logits, LogitsLabels, [0.469964], relative),
            new("gdl, softmax", () => Make(Activation.Softmax, 1e-4), Logits, LogitsLabels, [0.414507], relative),
            new("gdl, softmax, sum", () =>
                Make(Activation.Softmax, 1e-4, reduction: Reduction.Sum), Logits, LogitsLabels, [0.829015], relative),
            new(
                "gdl, softmax, none", () =>
                    Make(Activation.Softmax, 1e-4, reduction: Reduction.None), Logits, LogitsLabels, [0.273476, 0.555539],
                relative),
            new(
                "gdl, no foreground", () =>
                    Make(Activation.None, 1e-8, background: false), Hard, Labels([2, 1, 3], [0, 0, 0, 0, 0, 0]), [0],
                relative),
            new("gdl, softmax, simple", () =>
                Make(Activation.Softmax, 0, weighting: Weighting.Simple), Four, FourLabels, [0.250023], relative),
        ];
    }

    private static IEnumerable<MonaiCase> Tversky()
    {
        const double relative = 1e-4;
        Loss Make(
            Activation activation, double smooth, double? denominator = null, double alpha = 0.5, double beta = 0.5,
            bool background = true, bool soft = false,
            bool batch = false, Reduction reduction = Reduction.Mean) =>
            Fused.TverskyLoss(
                alpha, beta, background, batch, smooth_nr: smooth, smooth_dr: denominator ?? smooth, reduction: reduction,
                activation: activation,
                soft_label: soft);
        return
        [
            new("tversky, sigmoid", () => Make(Activation.Sigmoid, 1e-6), Cross, CrossTarget, [0.307576], relative),
            new("tversky, sigmoid, two samples", () => Make(Activation.Sigmoid, 1e-4), TwoCrosses, TwoCrossesTarget, [0.416657], relative),
            new("tversky, soft labels", () => Make(Activation.None, 1e-4, soft: true), Shares, Shares, [0], relative),
            new("tversky, soft target", () => Make(Activation.None, 1e-4), Shares, Shares, [0.307773], relative),
            new("tversky, perfect, no background", () => Make(Activation.None, 0, background: false), Hard, HardLabels, [0], relative),
            new(
                "tversky, perfect, smooth below", () =>
                    Make(Activation.None, 0, denominator: 1e-3, background: false), Hard, HardLabels, [0.000999],
                relative),
            new("tversky, sigmoid, labels", () => Make(Activation.Sigmoid, 1e-4), Logits, LogitsLabels, [0.435050], relative),
            new("tversky, sigmoid, batch", () => Make(Activation.Sigmoid, 1e-5, batch: true), Logits, LogitsLabels, [0.422979], relative),
            new("tversky, sigmoid, sum", () =>
                Make(Activation.Sigmoid, 1e-4, reduction: Reduction.Sum), Logits, LogitsLabels, [1.74013], relative),
            new("tversky, softmax", () => Make(Activation.Softmax, 1e-4), Logits, LogitsLabels, [0.383713], relative),
            new(
                "tversky, softmax, none", () => Make(Activation.Softmax, 1e-4, reduction: Reduction.None), Logits, LogitsLabels,
                [0.210961, 0.295339, 0.599952, 0.428547], relative),
            new("tversky, 0.3 and 0.7", () =>
                Make(Activation.Sigmoid, 1e-6, alpha: 0.3, beta: 0.7), Cross, CrossTarget, [0.3589], relative),
            new("tversky, 0.7 and 0.3", () =>
                Make(Activation.Sigmoid, 1e-6, alpha: 0.7, beta: 0.3), Cross, CrossTarget, [0.247366], relative),
        ];
    }

    private static IEnumerable<MonaiCase> FocalLosses()
    {
        const double tolerance = 1e-4;
        Loss Make(Activation activation, double? alpha = null, double[]? weight = null, Reduction reduction = Reduction.Mean) =>
            Fused.FocalLoss(alpha: alpha, weight: weight is null ? null : tensor(weight), reduction: reduction, activation: activation);
        double[] unreduced = [0.02266, 0.70187, 0.37741, 0.17329, 0.70187, 0.02266, 0.37741, 0.17329, 0.70187, 0.70187, 0.06757, 0.17329];
        double[] weighted = [0.01133, 0.35093, 0.18871, 0.08664, 0.07019, 0.00227, 0.03774, 0.01733, 0.14037, 0.14037, 0.01352, 0.03466];
        return
        [
            new("focal, sigmoid", () => Make(Activation.Sigmoid), Focal, FocalLabels, [0.34959], tolerance, tolerance),
            new("focal, sigmoid, one-hot", () => Make(Activation.Sigmoid), Focal, FocalOneHot, [0.34959], tolerance, tolerance),
            new("focal, sigmoid, alpha", () => Make(Activation.Sigmoid, alpha: 0.8), Focal, FocalLabels, [0.08423], tolerance, tolerance),
            new("focal, sigmoid, none", () =>
                Make(Activation.Sigmoid, reduction: Reduction.None), Focal, FocalLabels, unreduced, tolerance, tolerance),
            new(
                "focal, sigmoid, weight, none", () =>
                    Make(Activation.Sigmoid, weight: [0.5, 0.1, 0.2], reduction: Reduction.None), Focal, FocalLabels, weighted,
                tolerance, tolerance),
            new("focal, softmax", () => Make(Activation.Softmax), Focal, FocalLabels, [0.16276], tolerance, tolerance),
            new("focal, softmax, alpha", () => Make(Activation.Softmax, alpha: 0.8), Focal, FocalLabels, [0.08138], tolerance, tolerance),
            new(
                "focal, one pixel", () => Make(Activation.Sigmoid),
                Single([1, 2, 5, 5], [.. Enumerable.Repeat(1.0, 25), .. Enumerable.Repeat(0.0, 25)]),
                Single([1, 2, 5, 5],
                    [.. Enumerable.Range(0, 25).Select(i => i == 12 ? 0.0 : 1), .. Enumerable.Range(0, 25).Select(i => i == 12 ? 1.0 : 0)]),
                [0.1116], Relative: 0, Absolute: 5e-4),
            .. new[] { Activation.Softmax, Activation.Sigmoid }.SelectMany(activation =>
                new[] { (double?)null, 0.5 }.SelectMany(alpha => new MonaiCase[]
            {
                VeryGood("square", activation, alpha, 2, [0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0], certainty: 50),
                VeryGood("empty", activation, alpha, 2, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], certainty: 500),
                VeryGood("many classes", activation, alpha, 6, [0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0], certainty: 500),
            })),
        ];

        MonaiCase VeryGood(string name, Activation activation, double? alpha, int classes, double[] labels, double certainty) => new(
            $"focal, very good: {name}, {activation}, {alpha}", () => Make(activation, alpha),
            Single([1, classes, 4, 4],
                [.. Enumerable.Range(0, classes).SelectMany(c => labels.Select(label => label == c ? certainty : -certainty))]),
            Labels([1, 1, 4, 4], labels), [0], Relative: 0, Absolute: 5e-4);
    }

    private static IEnumerable<MonaiCase> DiceCE()
    {
        const double tolerance = 1e-4;
        Loss WithoutBackground(double[] weight, double crossEntropy = 1) => Fused.DiceCELoss(
            include_background: false, weight: tensor(weight), lambda_ce: crossEntropy, activation: Activation.None);
        return
        [
            new("dice + ce, labels", () => Fused.DiceCELoss(activation: Activation.None), Hard, HardLabels, [0.3133], tolerance, tolerance),
            new("dice + ce, one-hot", () => Fused.DiceCELoss(activation: Activation.None), Hard, Hard, [0.3133], tolerance, tolerance),
            new(
                "dice + ce, one-hot bytes", () =>
                    Fused.DiceCELoss(activation: Activation.None), Hard, Hard with { Type = ScalarType.Byte }, [0.3133],
                tolerance, tolerance),
            new("dice + ce, no background", () => WithoutBackground([1, 1]), Certain, HardLabels, [0.2088], tolerance, tolerance),
            new("dice + ce, factors", () => WithoutBackground([1, 1], 2), Certain, HardLabels, [0.4176], tolerance, tolerance),
            new("dice + ce, weight of one class", () => WithoutBackground([0, 1]), Certain, HardLabels, [0.3133], tolerance, tolerance),
            new(
                "dice + bce, one class", () =>
                    Fused.DiceBCELoss(pos_weight: ones(1) / 2), Single([2, 1, 3], [0.8, 0.6, 0, 0, 0, 0.9]),
                    Single([2, 1, 3], [0, 0, 1, 0, 1, 0]), [1.445239], tolerance, tolerance),
        ];
    }

    private static MonaiTensor Single(long[] shape, double[] values) => new(shape, values);

    private static MonaiTensor Labels(long[] shape, double[] values) => new(shape, values, ScalarType.Int64);
}
