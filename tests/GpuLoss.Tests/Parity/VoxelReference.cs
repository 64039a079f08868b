using TorchSharp;
using static TorchSharp.torch;
using Activation = GpuLoss.nn.Activation;
using Reduction = TorchSharp.torch.nn.Reduction;

namespace GpuLossTests.Parity;

/// <summary>Poly-1, correlation, focal and unified focal losses as their papers write them, in float64 with torch's own operations and
/// autograd.</summary>
internal static class VoxelReference
{
    /// <summary>Cross-entropy is the one with epsilon = gamma = 0.</summary>
    public static Tensor Poly1(
        ParityInputs inputs, Activation activation, double epsilon, double gamma, double[]? weight, double smoothing, Reduction reduction)
    {
        var (p, log) = Probabilities(inputs, activation);
        var t = (1 - smoothing) * inputs.OneHot + smoothing / inputs.Classes;
        var w = ParityReference.ClassFactors(inputs, weight);
        var ofVoxels = (w * t * (1 - p).pow(gamma) * (epsilon * (1 - p) - log)).sum(1) * inputs.Weights.squeeze(1);
        return reduction switch
        {
            Reduction.None => ofVoxels,
            Reduction.Sum => ofVoxels.sum(),
            _ => ofVoxels.sum() / (inputs.HasLabels ? (w * inputs.OneHot * inputs.Weights).sum() : inputs.Weights.sum()),
        };
    }

    /// <summary>MONAI's: alpha beside weights, and without the background neither in the sum nor in the number it is divided by.</summary>
    public static Tensor Focal(
        ParityInputs inputs, Activation activation, double gamma, double? alpha, double[]? weight, Reduction reduction, bool background)
    {
        if (activation == Activation.Sigmoid)
            return ParityReference.SigmoidFocal(inputs, gamma, alpha, weight, reduction, background);
        var (p, log) = Probabilities(inputs, activation);
        var elements = -inputs.OneHot * (1 - p).pow(gamma) * log;
        if (inputs.Classes == 1)
        {
            elements *= alpha ?? 1;
            elements -= (1 - inputs.OneHot) * p.pow(gamma) * (1 - p).clamp(1e-7).log() * (1 - alpha ?? 1);
        }
        else if (alpha is { } share)
        {
            elements *= ParityReference.ClassFactors(inputs, [1 - share, .. Enumerable.Repeat(share, (int)inputs.Classes - 1)]);
        }

        return ParityReference.ReduceElements(inputs, elements * ParityReference.ClassFactors(inputs, weight), reduction, background);
    }

    /// <summary>From the confusion matrix.</summary>
    public static Tensor Correlation(ParityInputs inputs, OverlapChoice choice)
    {
        var voxels = choice.Batch ? inputs.Weights.sum() : inputs.Weights.flatten(1).sum(1, keepdim: true);
        return ParityReference.PerClass(
            inputs, choice, (i, p, t) =>
            {
                var (tp, fp, fn) = (i, p - i, t - i);
                var tn = voxels - tp - fp - fn;
                return 1 - (tp * tn - fp * fn + choice.Nr) / ((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn) + choice.Dr).sqrt();
            },
            spatial: false);
    }

    public static Tensor UnifiedFocal(
        ParityInputs inputs, Activation activation, double share, double delta, double gamma, double epsilon, bool isSymmetric)
    {
        var (p, log) = Probabilities(inputs, activation);
        var crossEntropy = -inputs.OneHot * log * inputs.Weights;
        var ofBackground = (1 - delta) * (1 - p.narrow(1, 0, 1)).pow(gamma) * crossEntropy.narrow(1, 0, 1);
        var others = inputs.Classes - 1;
        var ofForeground = delta * crossEntropy.narrow(1, 1, others) * (isSymmetric ? (1 - p.narrow(1, 1, others)).pow(gamma) : 1);
        var focal = (ofBackground.sum() + ofForeground.sum()) / inputs.Weights.sum();

        Tensor Sum(Tensor summand) => (summand * inputs.Weights).flatten(2).sum(2);
        var (raw, t) = (inputs.Predictions(activation), inputs.OneHot);
        var (tp, fn, fp) = (Sum(t * raw), Sum(t * (1 - raw)), Sum((1 - t) * raw));
        var tversky = 1 - (tp + epsilon) / (tp + delta * fn + (1 - delta) * fp + epsilon);
        var background = tversky.narrow(1, 0, 1);
        var all = cat([isSymmetric ? background.pow(1 - gamma) : background, tversky.narrow(1, 1, others).pow(1 - gamma)], 1);
        return share * focal + (1 - share) * all.mean();
    }

    /// <summary>Of each sample by itself, as Fidon 2017 and the appendix of Tilborghs 2020 write it.</summary>
    public static Tensor WassersteinDice(
        ParityInputs inputs, double[,] distances, GpuLoss.nn.WassersteinWeighting mode, double nr, double dr, Reduction reduction)
    {
        var m = tensor(distances);
        m /= m.max();
        Tensor Sum(Tensor ofVoxels) => (ofVoxels * inputs.Weights.squeeze(1)).flatten(1).sum(1);
        var (t, p) = (inputs.OneHot.flatten(2), inputs.Predictions(Activation.Softmax).flatten(2));
        var w = einsum("nyv,yl,nlv->nv", t, m, p).reshape(inputs.Weights.squeeze(1).shape);
        Tensor loss;
        if (mode == GpuLoss.nn.WassersteinWeighting.Default)
        {
            var truePositives = Sum((1 - inputs.OneHot.select(1, 0)) * (1 - w));
            loss = 1 - (2 * truePositives + nr) / (2 * truePositives + Sum(w) + dr);
        }
        else
        {
            var volumes = (inputs.OneHot * inputs.Weights).flatten(2).sum(2);
            var alpha = einsum("nc,ncv->nv", 1 / (volumes + 1), t).reshape(w.shape);
            loss = 1 - (2 * Sum(alpha * (1 - w)) + nr) / (Sum(alpha * (2 - w)) + dr);
        }

        return reduction switch
        {
            Reduction.None => loss.reshape([loss.shape[0], 1, .. Enumerable.Repeat(1L, (int)inputs.Logits.dim() - 2)]),
            Reduction.Sum => loss.sum(),
            _ => loss.mean(),
        };
    }

    /// <summary>p and ln p. What is given is clamped for its logarithm.</summary>
    private static (Tensor P, Tensor Log) Probabilities(ParityInputs inputs, Activation activation)
    {
        if (activation == Activation.None)
            return (inputs.Exact.clamp(0, 1), inputs.Exact.clamp(1e-7, 1).log());
        var log = torch.nn.functional.log_softmax(inputs.Exact, 1);
        return (log.exp(), log);
    }
}
