using TorchSharp;
using static TorchSharp.torch;
using Weighting = GpuLoss.nn.ClassWeighting;

namespace GpuLossTests;

/// <summary>The losses in float64, written with plain torch operations: a softmax, a one-hot tensor, sums, and torch's own
/// autograd.</summary>
internal static class Reference
{
    public static Tensor Dice(
        Tensor logits, Tensor target, bool background = true, bool squared = false, bool batch = false, double[]? weight = null,
        long ignore = -100, double nr = 1e-5, double dr = 1e-5, bool sum = false)
    {
        var (i, p, t) = Sums(logits, target, ignore, squared, batch, background);
        var loss = 1 - (2 * i + nr) / (p + t + dr);
        if (weight != null)
            loss *= tensor(weight)[TensorIndex.Slice(weight.Length - loss.shape[1])].unsqueeze(0);
        return sum ? loss.sum() : loss.mean();
    }

    public static Tensor Jaccard(Tensor logits, Tensor target, bool background = true, bool batch = false, long ignore = -100)
    {
        var (i, p, t) = Sums(logits, target, ignore, squared: false, batch, background);
        return (1 - (2 * i + 1e-5) / (2 * (p + t - i) + 1e-5)).mean();
    }

    public static Tensor Tversky(
        Tensor logits, Tensor target, double alpha, double beta, double gamma = 1, bool background = true, bool batch = false,
        double[]? weight = null, long ignore = -100)
    {
        var (i, p, t) = Sums(logits, target, ignore, squared: false, batch, background);
        var loss = (1 - (i + 1e-5) / (i + alpha * (p - i) + beta * (t - i) + 1e-5)).pow(gamma);
        return (weight == null ? loss : loss * tensor(weight)).mean();
    }

    public static Tensor LogDice(Tensor logits, Tensor target, double gamma, bool batch = false, bool sum = false)
    {
        var (i, p, t) = Sums(logits, target, ignore: -100, squared: false, batch, background: true);
        var loss = (-((2 * i + 1e-5) / (p + t + 1e-5)).log()).pow(gamma);
        return sum ? loss.sum() : loss.mean();
    }

    public static Tensor GeneralizedDice(
        Tensor logits, Tensor target, Weighting weighting, bool background = true, bool batch = false, long ignore = -100,
        double nr = 1e-5, double dr = 1e-5, bool sum = false)
    {
        var (i, p, t) = Sums(logits, target, ignore, squared: false, batch, background);
        var w = weighting switch { Weighting.Square => 1 / (t * t), Weighting.Simple => 1 / t, _ => ones_like(t) };
        var infinite = w.isinf();
        w = where(infinite, zeros_like(w), w);
        w = where(infinite, w.amax([1], keepdim: true).expand(w.shape), w);
        var loss = 1 - (2 * (w * i).sum(1) + nr) / ((w * (p + t)).sum(1) + dr);
        return sum ? loss.sum() : loss.mean();
    }

    public static Tensor CrossEntropy(Tensor logits, Tensor target, double[]? weight = null, long ignore = -100, bool sum = false)
    {
        var classes = logits.shape[1];
        var (oneHot, _) = OneHot(logits, target, ignore);
        var w = weight == null ? ones(classes, dtype: ScalarType.Float64) : tensor(weight);
        var weights = oneHot * w.reshape([1, classes, 1]);
        var log = torch.nn.functional.log_softmax(Flat(logits), 1);
        var total = -(weights * where(oneHot.eq(0), zeros_like(log), log)).sum();
        return sum ? total : total / weights.sum();
    }

    public static Tensor Focal(Tensor logits, Tensor target, double gamma, double[]? weight = null, long ignore = -100, bool sum = false)
    {
        var classes = logits.shape[1];
        var (oneHot, counted) = OneHot(logits, target, ignore);
        var log = (torch.nn.functional.log_softmax(Flat(logits), 1) * oneHot).sum(1);
        var factors = (oneHot * tensor(weight ?? [.. Enumerable.Repeat(1.0, (int)classes)]).reshape([1, classes, 1])).sum(1);
        var total = -(factors * (1 - log.exp()).clamp(0).pow(gamma) * log).sum();
        return sum ? total : total / (counted.sum() * classes);
    }

    private static (Tensor I, Tensor P, Tensor T) Sums(Tensor logits, Tensor target, long ignore, bool squared, bool batch, bool background)
    {
        var (oneHot, counted) = OneHot(logits, target, ignore);
        var p = torch.nn.functional.softmax(Flat(logits), 1) * counted;
        if (!background)
            (p, oneHot) = (p.slice(1, 1, p.shape[1], 1), oneHot.slice(1, 1, oneHot.shape[1], 1));
        long[] over = batch ? [0, 2] : [2];
        var (i, q, t) = ((p * oneHot).sum(over), (squared ? p * p : p).sum(over), oneHot.sum(over));
        return batch ? (i.unsqueeze(0), q.unsqueeze(0), t.unsqueeze(0)) : (i, q, t);
    }

    private static Tensor Flat(Tensor logits) => logits.flatten(2);

    private static (Tensor OneHot, Tensor Counted) OneHot(Tensor logits, Tensor target, long ignore)
    {
        var labels = target.to_type(ScalarType.Int64).reshape([logits.shape[0], 1, -1]);
        var classes = arange(logits.shape[1], dtype: ScalarType.Int64).reshape([1, -1, 1]);
        var counted = labels.ne(ignore).to_type(ScalarType.Float64);
        return (labels.eq(classes).to_type(ScalarType.Float64) * counted, counted);
    }
}
