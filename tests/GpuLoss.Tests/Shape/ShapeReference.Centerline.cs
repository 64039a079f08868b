using TorchSharp;
using static TorchSharp.torch;
using Activation = GpuLoss.nn.Activation;

namespace GpuLossTests;

/// <content>Soft skeletons by torch's pooling.</content>
internal static partial class ShapeReference
{
    /// <summary>Centerline Dice and Dice.</summary>
    public static (Tensor Centerline, Tensor Dice) Centerline(
        Tensor logits, Tensor target, Activation activation, bool background, int iterations, double smooth)
    {
        var p = Predict(logits, activation).reshape(logits.shape);
        var t = OneHot(target, logits.shape).Target.reshape(logits.shape);
        if (!background)
            (p, t) = (p.narrow(1, 1, p.shape[1] - 1), t.narrow(1, 1, t.shape[1] - 1));
        var (ofPrediction, ofTarget) = (Skeleton(p, iterations), Skeleton(t, iterations));
        var precision = ((ofPrediction * t).sum() + smooth) / (ofPrediction.sum() + smooth);
        var sensitivity = ((ofTarget * p).sum() + smooth) / (ofTarget.sum() + smooth);
        return (1 - 2 * precision * sensitivity / (precision + sensitivity),
            1 - (2 * (p * t).sum() + smooth) / (p.sum() + t.sum() + smooth));
    }

    private static Tensor Skeleton(Tensor volume, int iterations)
    {
        Tensor Pool(Tensor x, long[] kernel)
        {
            var padding = kernel.Select(size => size / 2).ToArray();
            return kernel.Length == 2
                ? torch.nn.functional.max_pool2d(x, kernel, [1, 1], padding)
                : torch.nn.functional.max_pool3d(x, kernel, [1, 1, 1], padding);
        }

        var axes = (int)volume.dim() - 2;
        Tensor Erode(Tensor x) => Enumerable.Range(0, axes)
            .Select(axis => -Pool(-x, [.. Enumerable.Range(0, axes).Select(other => other == axis ? 3L : 1)])).Aggregate(minimum);
        Tensor Removed(Tensor x) => (x - Pool(Erode(x), [.. Enumerable.Repeat(3L, axes)])).relu();
        var skeleton = Removed(volume);
        for (var i = 0; i < iterations; i++)
        {
            volume = Erode(volume);
            var delta = Removed(volume);
            skeleton += (delta - skeleton * delta).relu();
        }

        return skeleton;
    }
}
