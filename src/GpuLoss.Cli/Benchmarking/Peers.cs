using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Cli.Benchmarking;

/// <summary>What a TorchSharp user writes today: the same losses from torch's own operations.</summary>
internal static class Peers
{
    private const double Smooth = 1e-5;

    /// <summary>Mean soft Dice plus cross-entropy with a float32 one-hot that scatter writes.</summary>
    public static Tensor DiceCEByScatter(Tensor logits, Tensor target)
    {
        var index = target.unsqueeze(1);
        var ones = torch.ones(1, dtype: logits.dtype).expand(index.shape);
        var oneHot = torch.zeros(logits.shape, dtype: logits.dtype).scatter_(1, index, ones);
        return DiceCE(logits, target, oneHot);
    }

    /// <summary>The same with torch's int64 one-hot, permuted.</summary>
    public static Tensor DiceCEByOneHot(Tensor logits, Tensor target) => DiceCE(
        logits, target, torch.nn.functional.one_hot(target, logits.shape[1]).permute(0, 4, 1, 2, 3).to_type(logits.dtype));

    /// <summary>torch's cross-entropy alone.</summary>
    public static Tensor CrossEntropy(Tensor logits, Tensor target) => torch.nn.functional.cross_entropy(logits, target);

    private static Tensor DiceCE(Tensor logits, Tensor target, Tensor oneHot)
    {
        long[] space = [2, 3, 4];
        var probabilities = torch.nn.functional.softmax(logits, 1);
        var intersection = (probabilities * oneHot).sum(space);
        var union = probabilities.sum(space) + oneHot.sum(space);
        var dice = 1 - (2 * intersection + Smooth) / (union + Smooth);
        return dice.mean() + CrossEntropy(logits, target);
    }
}
