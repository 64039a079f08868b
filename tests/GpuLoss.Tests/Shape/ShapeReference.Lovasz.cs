using TorchSharp;
using static TorchSharp.torch;
using Activation = GpuLoss.nn.Activation;

namespace GpuLossTests;

/// <content>Lovász losses by a sort.</content>
internal static partial class ShapeReference
{
    /// <summary>A Lovász loss.</summary>
    public static Tensor Lovasz(Tensor logits, Tensor target, Activation activation, int[] classes, bool presentOnly, bool perImage,
        bool hinge)
    {
        var (oneHot, counted) = OneHot(target, logits.shape);
        var p = Predict(logits, activation);
        var images = perImage ? Enumerable.Range(0, (int)logits.shape[0]).Select(n => new[] { (long)n })
            : [[.. Enumerable.Range(0, (int)logits.shape[0]).Select(n => (long)n)]];
        var perRow = new List<Tensor>();
        foreach (var image in images)
        {
            var of = tensor(image);
            var keep = counted.index_select(0, of).flatten().ne(0);
            var losses = new List<Tensor>();
            foreach (var c in classes)
            {
                var t = oneHot.index_select(0, of).select(1, c).flatten().masked_select(keep);
                var x = p.index_select(0, of).select(1, c).flatten().masked_select(keep);
                if (t.numel() == 0 || (presentOnly && t.sum().item<double>() == 0))
                    continue;
                var errors = hinge ? 1 - x * (2 * t - 1) : (t - x).abs();
                var (sorted, order) = torch.sort(errors, 0, descending: true);
                var jaccard = Jaccard(t.index_select(0, order));
                var added = cat([jaccard.narrow(0, 0, 1),
                    jaccard.narrow(0, 1, jaccard.shape[0] - 1) - jaccard.narrow(0, 0, jaccard.shape[0] - 1)]);
                losses.Add((sorted.relu() * added).sum());
            }

            perRow.Add(losses.Count == 0 ? (p * 0).sum() : stack(losses).mean());
        }

        return stack(perRow).mean();
    }

    /// <summary>The Jaccard loss of the first voxels of an order, of one more each.</summary>
    private static Tensor Jaccard(Tensor sorted)
    {
        var all = sorted.sum();
        return 1 - (all - sorted.cumsum(0)) / (all + (1 - sorted).cumsum(0));
    }
}
