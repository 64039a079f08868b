using TorchSharp;
using static TorchSharp.torch;
using Activation = GpuLoss.nn.Activation;
using Fused = GpuLoss.nn;
using Loss = TorchSharp.Loss<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;
using Reduction = TorchSharp.torch.nn.Reduction;
using Weighting = GpuLoss.nn.ClassWeighting;

namespace GpuLossTests.Parity;

/// <summary>One row of the table: a loss with options, drawn by a seed, what it is applied to, and the reference that says what comes
/// out.</summary>
internal sealed partial class ParityCase
{
    private readonly Random random;
    private readonly Activation activation;
    private readonly double[]? weight;
    private readonly Reduction reduction;
    private readonly TargetForm target;
    private readonly long ignoreIndex;

    public ParityCase(string loss, int seed)
    {
        random = new Random(seed * 7919 + loss.Sum(letter => letter));
        activation = loss switch
        {
            "focal tversky" or "log dice" => Pick(Activation.Softmax, Activation.Sigmoid), // of a ratio from 0 to 1
            "poly-1" or "asymmetric unified focal" or "symmetric unified focal" => Pick(Activation.Softmax, Activation.None),
            "ce of p" or "focal of p" or "dice + ce of p" => Activation.None,
            "wasserstein dice" or "wasserstein dice + dice" => Activation.Softmax,
            _ => Pick(Activation.Softmax, Activation.Sigmoid, Activation.None),
        };
        var isVoxelLoss = loss is "ce" or "topk" or "bce" or "softmax focal" or "sigmoid focal" or "dice + bce";
        var oneClass = random.Next(4) == 0 && !MoreLosses.Except(["mcc", "focal of p"]).Contains(loss)
            && loss is not ("ce" or "topk" or "softmax focal" or "dice + ce" or "dice + topk" or "mixed")
            && activation != Activation.Softmax;
        var classes = oneClass ? 1 : random.Next(2, 6);
        Shape = [random.Next(1, 4), classes, .. Pick<long[]>([37], [9, 14], [5, 6, 7], [3, 4, 2, 5])];
        target = loss.StartsWith("wasserstein", StringComparison.Ordinal) ? Pick(TargetForm.Labels, TargetForm.IgnoredLabels)
            : Pick(Enum.GetValues<TargetForm>());
        if (target == TargetForm.OneHot && oneClass)
            target = TargetForm.Soft;
        ignoreIndex = target == TargetForm.IgnoredLabels ? ParityInputs.Ignored : -100;
        Mask = Pick(Enum.GetValues<MaskForm>());
        Type = Pick(ScalarType.Float32, ScalarType.Float64);
        Scale = activation == Activation.None && !isVoxelLoss ? 0 : Pick(1.0, 4.0);
        weight = random.Next(2) == 0 ? null : [.. Enumerable.Range(0, classes).Select(c => 0.4 + 0.3 * c)];
        reduction = Pick(Reduction.Mean, Reduction.Sum, Reduction.None);
        (Criterion, Reference) = Build(loss, classes);
        Name = $"{loss} #{seed} [{string.Join(", ", Shape)}] {activation} {target} {Mask} {Type} {reduction} x{Scale}";
    }

    /// <summary>The losses that there are cases of.</summary>
    public static IReadOnlyList<string> Losses { get; } =
    [
        "dice", "jaccard", "tversky", "focal tversky", "log dice", "generalized dice", "ce", "topk", "bce", "softmax focal",
        "sigmoid focal",
        "dice + ce", "dice + focal", "generalized dice + focal", "dice + bce", "dice + topk", "mixed", .. MoreLosses,
    ];

    public string Name { get; }

    public long[] Shape { get; }

    public MaskForm Mask { get; }

    public ScalarType Type { get; }

    public double Scale { get; }

    public Loss Criterion { get; }

    public Func<ParityInputs, Tensor> Reference { get; }

    public ParityInputs Inputs(int seed) => new(seed, Shape, target, Mask, Type, Scale);

    private (Loss Criterion, Func<ParityInputs, Tensor> Reference) Build(string loss, int classes)
    {
        var background = classes == 1 || random.Next(2) == 0;
        var choice = new OverlapChoice(
            activation, background, random.Next(3) == 0, random.Next(2) == 0, random.Next(2) == 0, Pick(1e-5, 1.0), Pick(1e-5, 0.5),
            reduction, weight);
        var (gamma, alpha) = (Pick(0, 0.5, 1, 2, 3.5), Pick<double?>(null, 0.25, 0.6));
        var (smoothing, percent) = (Pick(0, 0.1), Pick(5.0, 30, 100));
        var positive = random.Next(2) == 0 ? null : Enumerable.Range(0, classes).Select(c => 2.5 - 0.4 * c).ToArray();
        var plain = choice with { Squared = false };
        var mean = choice with { Reduction = Reduction.Mean };
        Tensor? W(double[]? values) => values == null ? null : tensor(values);
        return loss switch
        {
            _ when MoreLosses.Contains(loss) => BuildMore(loss, classes, choice, gamma, alpha, smoothing),
            "dice" => (
                Fused.DiceLoss(
                    background, choice.Squared, choice.Batch, W(weight), ignoreIndex, choice.Nr, choice.Dr, reduction, activation,
                    choice.SoftLabel),
                x => ParityReference.Dice(x, choice)),
            "jaccard" => (
                Fused.JaccardLoss(background, choice.Batch, W(weight), ignoreIndex, choice.Nr, choice.Dr, reduction, activation,
                    choice.SoftLabel),
                x => ParityReference.Jaccard(x, plain)),
            "tversky" => (
                Fused.TverskyLoss(
                    0.3, 0.8, background, choice.Batch, W(weight), ignoreIndex, choice.Nr, choice.Dr, reduction, activation,
                    choice.SoftLabel),
                x => ParityReference.Tversky(x, plain, 0.3, 0.8, 1)),
            "focal tversky" => (
                Fused.FocalTverskyLoss(
                    0.4, 0.9, 0.75, background, choice.Batch, W(weight), ignoreIndex, choice.Nr, choice.Dr + choice.Nr, reduction,
                    activation,
                    choice.SoftLabel),
                x => ParityReference.Tversky(x, plain with { Dr = choice.Dr + choice.Nr }, 0.4, 0.9, 0.75)),
            "log dice" => (
                Fused.LogDiceLoss(
                    1.5, background, choice.Batch, W(weight), ignoreIndex, choice.Nr, choice.Dr + choice.Nr, reduction, activation,
                    choice.SoftLabel),
                x => ParityReference.LogDice(x, plain with { Dr = choice.Dr + choice.Nr }, 1.5)),
            "dice + focal" => (
                Fused.DiceFocalLoss(
                    background, choice.Squared, choice.Batch, W(weight), ignoreIndex, choice.Nr, choice.Dr, Reduction.Mean, 0.9, 1.2,
                    gamma, null,
                    activation, choice.SoftLabel, Activation.Sigmoid),
                x => 0.9 * ParityReference.Dice(x, mean)
                    + 1.2 * ParityReference.SigmoidFocal(x, gamma, null, weight, Reduction.Mean, background)),
            "generalized dice + focal" => Generalized(
                plain with { Weight = null, Reduction = Reduction.Mean, Dr = choice.Dr + choice.Nr },
                // no term less than 0, so that none cancel
                Pick(Enum.GetValues<Weighting>()), gamma, alpha),
            "generalized dice" => Generalized(choice with { Squared = false, Weight = null }, Pick(Enum.GetValues<Weighting>())),
            "ce" => (
                Fused.CrossEntropyLoss(W(weight), ignoreIndex, reduction, smoothing),
                x => ParityReference.CrossEntropy(x, weight, smoothing, reduction)),
            "topk" => (
                Fused.TopKCrossEntropyLoss(percent, W(weight), ignoreIndex, smoothing), x =>
                    ParityReference.TopK(x, percent, weight, smoothing)),
            "bce" => (
                Fused.BCEWithLogitsLoss(W(weight), W(positive), ignoreIndex, reduction),
                x => ParityReference.BinaryCrossEntropy(x, weight, positive, reduction)),
            "softmax focal" => (
                Fused.FocalLoss(gamma, null, W(weight), ignoreIndex, reduction), x =>
                    ParityReference.SoftmaxFocal(x, gamma, weight, reduction)),
            "sigmoid focal" => (
                Fused.FocalLoss(gamma, alpha, W(weight), ignoreIndex, reduction, Activation.Sigmoid),
                x => ParityReference.SigmoidFocal(x, gamma, alpha, weight, reduction)),
            "dice + ce" => (
                Fused.DiceCELoss(
                    background, choice.Squared, choice.Batch, W(weight), ignoreIndex, choice.Nr, choice.Dr, Reduction.Mean, 0.7, 1.3,
                    activation,
                    choice.SoftLabel, smoothing),
                x => 0.7 * ParityReference.Dice(x, mean) + 1.3 * ParityReference.CrossEntropy(x, weight, smoothing, Reduction.Mean)),
            "dice + bce" => (
                Fused.DiceBCELoss(
                    background, choice.Squared, choice.Batch, W(weight), W(positive), ignoreIndex, choice.Nr, choice.Dr, Reduction.Mean,
                    0.6, 2,
                    choice.SoftLabel),
                x => 0.6 * ParityReference.Dice(x, mean with { Activation = Activation.Sigmoid })
                    + 2 * ParityReference.BinaryCrossEntropy(x, weight, positive, Reduction.Mean)),
            "dice + topk" => (
                Fused.DiceTopKLoss(
                    percent, background, choice.Squared, choice.Batch, W(weight), ignoreIndex, choice.Nr, choice.Dr, 1.5, 0.4, activation,
                    choice.SoftLabel, smoothing),
                x => 1.5 * ParityReference.Dice(x, mean) + 0.4 * ParityReference.TopK(x, percent, weight, smoothing)),
            _ => Mixed(mean, gamma, alpha, smoothing),
        };
    }

    private (Loss Criterion, Func<ParityInputs, Tensor> Reference) Generalized(OverlapChoice choice, Weighting weighting) => (
        Fused.GeneralizedDiceLoss(
            choice.Background, weighting, choice.Batch, ignoreIndex, choice.Nr, choice.Dr, reduction, activation, choice.SoftLabel),
        x => ParityReference.GeneralizedDice(x, choice, weighting));

    private (Loss Criterion, Func<ParityInputs, Tensor> Reference) Generalized(
        OverlapChoice choice, Weighting weighting, double gamma, double? alpha) => (
        Fused.GeneralizedDiceFocalLoss(
            choice.Background, weighting, choice.Batch, null, ignoreIndex, choice.Nr, choice.Dr, Reduction.Mean, 0.5, 1.5, gamma, alpha,
            activation,
            choice.SoftLabel, Activation.Sigmoid),
        x => 0.5 * ParityReference.GeneralizedDice(x, choice, weighting)
            + 1.5 * ParityReference.SigmoidFocal(x, gamma, alpha, null, Reduction.Mean, choice.Background));

    /// <summary>A sum of terms with different activations, powers and weights.</summary>
    private (Loss Criterion, Func<ParityInputs, Tensor> Reference) Mixed(
        OverlapChoice choice, double gamma, double? alpha, double smoothing)
    {
        var softmax = choice with { Activation = Activation.Softmax, Squared = true, SoftLabel = false, Weight = null };
        var sigmoid = choice with { Activation = Activation.Sigmoid, Squared = false, Weight = null };
        return (
            Fused.CompoundLoss(
                (0.5, Fused.DiceLoss(
                    softmax.Background, true, softmax.Batch, null, ignoreIndex, softmax.Nr, softmax.Dr)),
                (1.5, Fused.TverskyLoss(
                    0.2, 0.7, sigmoid.Background, sigmoid.Batch, null, ignoreIndex, sigmoid.Nr, sigmoid.Dr, Reduction.Mean,
                    Activation.Sigmoid,
                    sigmoid.SoftLabel)),
                (-0.3, Fused.FocalLoss(gamma, alpha, null, ignoreIndex, Reduction.Mean, Activation.Sigmoid)),
                (0.8, Fused.FocalLoss(gamma + 1, null, null, ignoreIndex)),
                (1.1, Fused.CrossEntropyLoss(weight == null ? null : tensor(weight), ignoreIndex, Reduction.Mean, smoothing))),
            x => 0.5 * ParityReference.Dice(x, softmax) + 1.5 * ParityReference.Tversky(x, sigmoid, 0.2, 0.7, 1)
                - 0.3 * ParityReference.SigmoidFocal(x, gamma, alpha, null, Reduction.Mean)
                + 0.8 * ParityReference.SoftmaxFocal(x, gamma + 1, null, Reduction.Mean)
                + 1.1 * ParityReference.CrossEntropy(x, weight, smoothing, Reduction.Mean));
    }

    private T Pick<T>(params T[] of) => of[random.Next(of.Length)];
}
