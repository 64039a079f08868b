using TorchSharp;
using static TorchSharp.torch;
using Activation = GpuLoss.nn.Activation;
using Reduction = TorchSharp.torch.nn.Reduction;
using Weighting = GpuLoss.nn.ClassWeighting;

namespace GpuLossTests.Parity;

/// <summary>The options of overlap losses in a case of the table.</summary>
internal sealed record OverlapChoice(
    Activation Activation, bool Background, bool Squared, bool Batch, bool SoftLabel, double Nr, double Dr, Reduction Reduction,
    double[]? Weight);

/// <summary>The peers' conventions in float64, from torch's own operations and autograd.</summary>
internal static class ParityReference
{
    /// <summary>I, P and T as MONAI 1.5 computes them: from norms where predictions are squared or labels are soft, else from
    /// products.</summary>
    public static (Tensor I, Tensor P, Tensor T) Sums(ParityInputs inputs, OverlapChoice choice)
    {
        var (p, t, w) = (inputs.Predictions(choice.Activation), inputs.OneHot, inputs.Weights);
        if (!choice.Background)
            (p, t) = (p.narrow(1, 1, p.shape[1] - 1), t.narrow(1, 1, t.shape[1] - 1));
        Tensor Sum(Tensor summand)
        {
            var flat = (summand * w).flatten(2);
            return choice.Batch ? flat.sum([0, 2]).unsqueeze(0) : flat.sum(2);
        }

        if (!choice.Squared && !choice.SoftLabel)
            return (Sum(p * t), Sum(p), Sum(t));
        Tensor Size(Tensor value) => choice.Squared ? value.pow(2) : value.abs();

        // Where t is 0 the terms cancel. Left to rounding, what remains of their derivatives would be more than the error that is looked
        // for.
        var i = where(t.eq(0), zeros_like(p), (Size(p) + Size(t) - Size(p - t)) / 2);
        return (Sum(i), Sum(Size(p)), Sum(Size(t)));
    }

    public static Tensor Dice(ParityInputs inputs, OverlapChoice choice) =>
        PerClass(inputs, choice, (i, p, t) => 1 - (2 * i + choice.Nr) / (p + t + choice.Dr), spatial: true);

    public static Tensor Jaccard(ParityInputs inputs, OverlapChoice choice) =>
        PerClass(inputs, choice, (i, p, t) => 1 - (2 * i + choice.Nr) / (2 * (p + t - i) + choice.Dr), spatial: true);

    public static Tensor Tversky(ParityInputs inputs, OverlapChoice choice, double alpha, double beta, double gamma) => PerClass(
        inputs, choice, (i, p, t) => (1 - (i + choice.Nr) / (i + alpha * (p - i) + beta * (t - i) + choice.Dr)).pow(gamma), spatial: false);

    public static Tensor LogDice(ParityInputs inputs, OverlapChoice choice, double gamma) =>
        PerClass(inputs, choice, (i, p, t) => (-((2 * i + choice.Nr) / (p + t + choice.Dr)).log()).pow(gamma), spatial: true);

    public static Tensor GeneralizedDice(ParityInputs inputs, OverlapChoice choice, Weighting weighting)
    {
        var (i, p, t) = Sums(inputs, choice);
        var w = weighting switch { Weighting.Square => 1 / (t * t), Weighting.Simple => 1 / t, _ => ones_like(t) };
        var infinite = w.isinf();
        w = where(infinite, zeros_like(w), w);
        w = where(infinite, w.amax([1], keepdim: true).expand(w.shape), w).detach();
        var loss = 1 - (2 * (w * i).sum(1) + choice.Nr) / ((w * (p + t)).sum(1) + choice.Dr);
        if (choice.Reduction == Reduction.None)
            return loss.reshape([.. choice.Batch ? [] : new[] { loss.shape[0] }, 1, .. Ones(inputs)]);
        return Reduce(loss, choice.Reduction);
    }

    /// <summary>torch's cross-entropy: with class indices the mean is weighted, with probabilities it is not.</summary>
    public static Tensor CrossEntropy(ParityInputs inputs, double[]? weight, double smoothing, Reduction reduction)
    {
        var w = ClassFactors(inputs, weight);
        var t = (1 - smoothing) * inputs.OneHot + smoothing / inputs.Classes;
        var ofVoxels = -(w * t * torch.nn.functional.log_softmax(inputs.Exact, 1)).sum(1) * inputs.Weights.squeeze(1);
        if (reduction == Reduction.None)
            return ofVoxels;
        if (reduction == Reduction.Sum)
            return ofVoxels.sum();
        return ofVoxels.sum() / (inputs.HasLabels ? (w * inputs.OneHot * inputs.Weights).sum() : inputs.Weights.sum());
    }

    /// <summary>nnU-Net's top-k: of all voxels, ignored ones included.</summary>
    public static Tensor TopK(ParityInputs inputs, double percent, double[]? weight, double smoothing)
    {
        var flat = CrossEntropy(inputs, weight, smoothing, Reduction.None).flatten();
        var count = (long)(flat.numel() * percent / 100);
        return flat.topk((int)Math.Max(1, count)).values.mean();
    }

    public static Tensor BinaryCrossEntropy(ParityInputs inputs, double[]? weight, double[]? positive, Reduction reduction)
    {
        var (x, t) = (inputs.Exact, inputs.OneHot);
        var ofElements = -(ClassFactors(inputs, positive) * t * torch.nn.functional.logsigmoid(x)
            + (1 - t) * torch.nn.functional.logsigmoid(-x));
        return ReduceElements(inputs, ofElements * ClassFactors(inputs, weight), reduction);
    }

    public static Tensor SoftmaxFocal(ParityInputs inputs, double gamma, double[]? weight, Reduction reduction)
    {
        var log = torch.nn.functional.log_softmax(inputs.Exact, 1);
        var ofElements = -(1 - log.exp()).pow(gamma) * log * inputs.OneHot;
        return ReduceElements(inputs, ofElements * ClassFactors(inputs, weight), reduction);
    }

    public static Tensor SigmoidFocal(
        ParityInputs inputs, double gamma, double? alpha, double[]? weight, Reduction reduction, bool background = true)
    {
        var (x, t) = (inputs.Exact, inputs.OneHot);
        var ofPositive = -(-x).sigmoid().pow(gamma) * torch.nn.functional.logsigmoid(x) * (alpha ?? 1);
        var ofNegative = -x.sigmoid().pow(gamma) * torch.nn.functional.logsigmoid(-x) * (1 - alpha ?? 1);
        return ReduceElements(inputs, (t * ofPositive + (1 - t) * ofNegative) * ClassFactors(inputs, weight), reduction, background);
    }

    public static Tensor PerClass(ParityInputs inputs, OverlapChoice choice, Func<Tensor, Tensor, Tensor, Tensor> loss, bool spatial)
    {
        var (i, p, t) = Sums(inputs, choice);
        var values = loss(i, p, t);
        if (choice.Weight is { } weight)
            values *= tensor(weight)[TensorIndex.Slice(weight.Length - values.shape[1])].unsqueeze(0);
        if (choice.Reduction != Reduction.None)
            return Reduce(values, choice.Reduction);
        var shape = choice.Batch ? values.shape[1..] : values.shape;
        return values.reshape([.. shape, .. spatial ? Ones(inputs) : []]);
    }

    public static Tensor ReduceElements(ParityInputs inputs, Tensor elements, Reduction reduction, bool background = true)
    {
        var counted = background ? elements : elements.narrow(1, 1, inputs.Classes - 1);
        var weighted = counted * inputs.Weights;
        return reduction switch
        {
            Reduction.None => weighted,
            Reduction.Sum => weighted.sum(),
            _ => weighted.sum() / (inputs.Weights.sum() * counted.shape[1]),
        };
    }

    private static Tensor Reduce(Tensor values, Reduction reduction) => reduction == Reduction.Sum ? values.sum() : values.mean();

    private static long[] Ones(ParityInputs inputs) => [.. Enumerable.Repeat(1L, (int)inputs.Logits.dim() - 2)];

    public static Tensor ClassFactors(ParityInputs inputs, double[]? factors) => factors == null
        ? ones(1, dtype: ScalarType.Float64)
        : tensor(factors).reshape([1, inputs.Classes, .. Ones(inputs)]);
}
