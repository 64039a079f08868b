using TorchSharp;
using static TorchSharp.torch;
using Loss = TorchSharp.Loss<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;

namespace GpuLoss.Cli.Comparing.Explaining;

/// <summary>Which part of a loss's gradient the voxels of each class have: Σ over the voxels of the class of Σ_k |dL/dz_k|, as a part of
/// the whole.</summary>
internal sealed class GradientShares : IDisposable
{
    private readonly Loss crossEntropy = GpuLoss.nn.CrossEntropyLoss();
    private readonly Loss dice = GpuLoss.nn.DiceLoss(batch: true);
    private readonly Loss foregroundDice = GpuLoss.nn.DiceLoss(include_background: false, batch: true);

    /// <summary>The shares at some logits [N, C, *S] with labels [N, *S].</summary>
    public GradientShare At(int step, Tensor logits, Tensor labels) =>
        new(step, OfVoxels(labels, (int)logits.shape[1]), Of(crossEntropy, logits, labels), Of(dice, logits, labels),
            Of(foregroundDice, logits, labels));

    /// <summary>The shares of one loss. All are 0 where the gradient is.</summary>
    public static double[] Of(Loss loss, Tensor logits, Tensor labels)
    {
        using var scope = NewDisposeScope();
        using var gradient = Gradient(loss, logits, labels);
        return Shares(gradient.abs().sum(1), labels, (int)logits.shape[1]);
    }

    /// <summary>The gradient of a loss with respect to the logits.</summary>
    public static Tensor Gradient(Loss loss, Tensor logits, Tensor labels)
    {
        using var scope = NewDisposeScope();
        var boundary = logits.detach().requires_grad_(true);
        loss.forward(boundary, labels).backward();
        return boundary.grad!.MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        crossEntropy.Dispose();
        dice.Dispose();
        foregroundDice.Dispose();
    }

    private static double[] OfVoxels(Tensor labels, int classes)
    {
        using var scope = NewDisposeScope();
        return Shares(ones_like(labels), labels, classes);
    }

    private static double[] Shares(Tensor perVoxel, Tensor labels, int classes)
    {
        var sums = bincount(labels.flatten().to_type(ScalarType.Int64), perVoxel.flatten().to_type(ScalarType.Float64), classes)
            .cpu().data<double>().ToArray();
        var whole = sums.Sum();
        return whole > 0 ? Array.ConvertAll(sums, sum => sum / whole) : sums;
    }
}
