using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Bench.Host;

/// <summary>Losses of shapes as their papers' code and MONAI write them, with torch's own operations.</summary>
internal static class ShapePeers
{
    /// <summary>Lovász-softmax of the present classes over the whole batch: a sort of every class.</summary>
    public static Tensor LovaszSoftmax(Tensor logits, Tensor target)
    {
        var p = torch.nn.functional.softmax(logits, 1).transpose(0, 1).flatten(1);
        var labels = target.flatten();
        var losses = new List<Tensor>();
        for (var c = 0; c < p.shape[0]; c++)
        {
            var of = labels.eq(c).to_type(p.dtype);
            var (errors, order) = torch.sort((of - p[c]).abs(), 0, descending: true);
            var sorted = of.index_select(0, order);
            var all = sorted.sum();
            var jaccard = 1 - (all - sorted.cumsum(0)) / (all + (1 - sorted).cumsum(0));
            var added = torch.cat([jaccard.narrow(0, 0, 1),
                jaccard.narrow(0, 1, jaccard.shape[0] - 1) - jaccard.narrow(0, 0, jaccard.shape[0] - 1)]);
            losses.Add(torch.dot(errors, added));
        }

        return torch.stack(losses).mean();
    }

    /// <summary>Centerline Dice of the softmax by max_pool3d.</summary>
    public static Tensor CenterlineDice(Tensor logits, Tensor target, int iterations)
    {
        var p = torch.nn.functional.softmax(logits, 1);
        var t = GpuLoss.Cli.Benchmarking.Peers.OneHot(logits, target);
        var (ofPrediction, ofTarget) = (Skeleton(p, iterations), Skeleton(t, iterations));
        var precision = (Foreground(ofPrediction * t).sum() + 1) / (Foreground(ofPrediction).sum() + 1);
        var sensitivity = (Foreground(ofTarget * p).sum() + 1) / (Foreground(ofTarget).sum() + 1);
        return 1 - 2 * (precision * sensitivity) / (precision + sensitivity);
    }

    /// <summary>The mean Dice of every blob with what is no blob, one after another, of the foreground of two classes, and that of
    /// all.</summary>
    public static Tensor BlobDice(Tensor logits, Tensor target, Tensor blobs)
    {
        var p = torch.nn.functional.softmax(logits, 1).select(1, 1);
        var count = (int)blobs.max().item<int>();
        var losses = new List<Tensor>();
        for (var blob = 1; blob <= count; blob++)
        {
            var own = blobs.eq(blob);
            var kept = p * (own | blobs.eq(0));
            var t = own.to_type(p.dtype);
            losses.Add(1 - (2 * (kept * t).sum() + 1e-5) / (kept.sum() + t.sum() + 1e-5));
        }

        var all = target.to_type(p.dtype);
        return 2 * (1 - (2 * (p * all).sum() + 1e-5) / (p.sum() + all.sum() + 1e-5)) + torch.stack(losses).mean();
    }

    private static Tensor Foreground(Tensor volume) => volume.slice(1, 1, volume.shape[1], 1);

    private static Tensor Skeleton(Tensor volume, int iterations)
    {
        var skeleton = Removed(volume);
        for (var i = 0; i < iterations; i++)
        {
            volume = Erode(volume);
            var delta = Removed(volume);
            skeleton += (delta - skeleton * delta).relu();
        }

        return skeleton;
    }

    private static Tensor Removed(Tensor volume) =>
        (volume - torch.nn.functional.max_pool3d(Erode(volume), [3, 3, 3], [1, 1, 1], [1, 1, 1])).relu();

    private static Tensor Erode(Tensor volume)
    {
        var negative = -volume;
        var first = -torch.nn.functional.max_pool3d(negative, [3, 1, 1], [1, 1, 1], [1, 0, 0]);
        var second = -torch.nn.functional.max_pool3d(negative, [1, 3, 1], [1, 1, 1], [0, 1, 0]);
        var third = -torch.nn.functional.max_pool3d(negative, [1, 1, 3], [1, 1, 1], [0, 0, 1]);
        return torch.minimum(torch.minimum(first, second), third);
    }
}
