using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Cli.Benchmarking;

/// <summary>What a TorchSharp user writes today: the same losses from torch's own operations.</summary>
internal static class Peers
{
    /// <summary>The share of the voxels that are the worst.</summary>
    public const double TopPercent = 10;

    /// <summary>The label smoothing.</summary>
    public const double Smoothing = 0.1;

    private const double Smooth = 1e-5;

    /// <summary>Mean soft Dice plus cross-entropy with a float32 one-hot that scatter writes.</summary>
    public static Tensor DiceCEByScatter(Tensor logits, Tensor target) => DiceCE(logits, target, OneHot(logits, target));

    /// <summary>The one-hot that scatter writes, in the type of the logits.</summary>
    public static Tensor OneHot(Tensor logits, Tensor target)
    {
        var index = target.unsqueeze(1);
        var ones = torch.ones(1, dtype: logits.dtype).expand(index.shape);
        return torch.zeros(logits.shape, dtype: logits.dtype).scatter_(1, index, ones);
    }

    /// <summary>The same with torch's int64 one-hot, permuted.</summary>
    public static Tensor DiceCEByOneHot(Tensor logits, Tensor target) => DiceCE(
        logits, target, torch.nn.functional.one_hot(target, logits.shape[1]).permute(0, 4, 1, 2, 3).to_type(logits.dtype));

    /// <summary>torch's cross-entropy alone.</summary>
    public static Tensor CrossEntropy(Tensor logits, Tensor target) => torch.nn.functional.cross_entropy(logits, target);

    /// <summary>Mean soft Dice plus cross-entropy with a target of probabilities.</summary>
    public static Tensor DiceCEOfProbabilities(Tensor logits, Tensor target) => DiceCE(logits, target, target);

    /// <summary>Mean soft Dice of the sigmoid plus binary cross-entropy.</summary>
    public static Tensor DiceBCE(Tensor logits, Tensor target) =>
        Dice(torch.sigmoid(logits), target) + torch.nn.functional.binary_cross_entropy_with_logits(logits, target);

    /// <summary>Mean soft Dice plus the mean cross-entropy of the worst voxels.</summary>
    public static Tensor DiceTopK(Tensor logits, Tensor target) =>
        Dice(torch.nn.functional.softmax(logits, 1), OneHot(logits, target)) + TopK(logits, target);

    /// <summary>The mean cross-entropy of the worst voxels.</summary>
    public static Tensor TopK(Tensor logits, Tensor target)
    {
        var values = torch.nn.functional.cross_entropy(logits, target, reduction: torch.nn.Reduction.None).flatten();
        return values.topk((int)(values.numel() * TopPercent / 100), sorted: false).values.mean();
    }

    /// <summary>Mean soft Dice plus cross-entropy with label smoothing.</summary>
    public static Tensor SmoothedDiceCE(Tensor logits, Tensor target)
    {
        var oneHot = OneHot(logits, target);
        var crossEntropy = -(torch.nn.functional.log_softmax(logits, 1) * ((1 - Smoothing) * oneHot + Smoothing / logits.shape[1])).sum(1)
            .mean();
        return Dice(torch.nn.functional.softmax(logits, 1), oneHot) + crossEntropy;
    }

    /// <summary>Mean soft Dice plus cross-entropy with a weight for each voxel.</summary>
    public static Tensor MappedDiceCE(Tensor logits, Tensor target, Tensor map)
    {
        var values = torch.nn.functional.cross_entropy(logits, target, reduction: torch.nn.Reduction.None);
        var weights = map.unsqueeze(1);
        return Dice(torch.nn.functional.softmax(logits, 1) * weights, OneHot(logits, target), weights) + (values * map).sum() / map.sum();
    }

    /// <summary>Mean focal loss of the sigmoid.</summary>
    public static Tensor Focal(Tensor logits, Tensor target)
    {
        var t = target.to_type(logits.dtype);
        var values = torch.nn.functional.binary_cross_entropy_with_logits(logits, t, reduction: torch.nn.Reduction.None);
        var p = torch.sigmoid(logits);
        return (values * (1 - (p * t + (1 - p) * (1 - t))).pow(2)).mean();
    }

    /// <summary>Mean focal loss of either activation, with a target of probabilities too: each of the two logarithms has its own
    /// power.</summary>
    public static Tensor Focal(ChosenLoss.Prediction of)
    {
        if (!of.IsSigmoid)
            return (of.T * (1 - of.P).pow(2) * -of.Logits.log_softmax(1)).mean();
        var (inside, outside) = (torch.nn.functional.logsigmoid(of.Logits), torch.nn.functional.logsigmoid(-of.Logits));
        return -(of.T * (1 - of.P).pow(2) * inside + (1 - of.T) * of.P.pow(2) * outside).mean();
    }

    /// <summary>1 less the mean over classes of one sum over another, each of them a multiple of what is summed over the volume.</summary>
    public static Tensor Ratio((Tensor Each, double Factor) above, (Tensor Each, double Factor) below)
    {
        long[] space = [2, 3, 4];
        return (1 - (above.Factor * above.Each.sum(space) + Smooth) / (below.Factor * below.Each.sum(space) + Smooth)).mean();
    }

    private static Tensor DiceCE(Tensor logits, Tensor target, Tensor oneHot) =>
        Dice(torch.nn.functional.softmax(logits, 1), oneHot) + CrossEntropy(logits, target);

    /// <summary>Mean soft Dice of predictions.</summary>
    public static Tensor Dice(Tensor probabilities, Tensor oneHot, Tensor? weights = null)
    {
        long[] space = [2, 3, 4];
        var intersection = (probabilities * oneHot).sum(space);
        var union = probabilities.sum(space) + (weights is null ? oneHot : oneHot * weights).sum(space);
        var dice = 1 - (2 * intersection + Smooth) / (union + Smooth);
        return dice.mean();
    }
}
