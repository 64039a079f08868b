using TorchSharp;
using static TorchSharp.torch;
using Activation = GpuLoss.nn.Activation;

namespace GpuLossTests;

/// <content>Blobs by a flood, and one loss for each.</content>
internal static partial class ShapeReference
{
    /// <summary>The mean over the samples and classes that have blobs of the means over their blobs.</summary>
    public static Tensor PerBlob(
        Tensor logits, Tensor target, Func<Tensor, Tensor, Tensor, Tensor> of, Activation activation, bool background, int connectivity,
        double[]? weights = null, bool squared = false)
    {
        var p = Predict(logits, activation);
        var (oneHot, counted) = OneHot(target, logits.shape);
        var space = logits.shape[2..];
        var means = new List<Tensor>();
        for (var n = 0; n < logits.shape[0]; n++)
        {
            for (var c = background ? 0 : 1; c < logits.shape[1]; c++)
            {
                var set = (oneHot[n, c] > 0.5).data<bool>().ToArray();
                var blobs = tensor(Flood(set, space, connectivity));
                var losses = new List<Tensor>();
                for (var blob = 1; blob <= blobs.max().item<int>(); blob++)
                {
                    var own = blobs.eq(blob);
                    var kept = (own | blobs.eq(0)).to_type(ScalarType.Float64) * counted[n, 0];
                    var (q, t) = (p[n, c], own.to_type(ScalarType.Float64));
                    losses.Add(of((q * t * kept).sum(), ((squared ? q * q : q) * kept).sum(), t.sum()) * (weights?[c] ?? 1));
                }

                if (losses.Count > 0)
                    means.Add(stack(losses).mean());
            }
        }

        return stack(means).mean();
    }

    /// <summary>Numbers parts one after another, each by going from neighbour to neighbour.</summary>
    public static int[] Flood(bool[] set, long[] space, int connectivity)
    {
        long[] Place(long voxel) => [.. Enumerable.Range(0, space.Length).Select(axis =>
            voxel / space[(axis + 1)..].Aggregate(1L, (a, b) => a * b) % space[axis])];
        bool AreNeighbours(long a, long b)
        {
            var steps = Place(a).Zip(Place(b), (x, y) => Math.Abs(x - y)).ToArray();
            return steps.Max() == 1 && steps.Sum() <= connectivity;
        }

        var parts = new int[set.Length];
        var found = 0;
        for (var start = 0; start < set.Length; start++)
        {
            if (!set[start] || parts[start] != 0)
                continue;
            var open = new Stack<int>([start]);
            parts[start] = ++found;
            while (open.TryPop(out var voxel))
            {
                for (var other = 0; other < set.Length; other++)
                {
                    if (set[other] && parts[other] == 0 && AreNeighbours(voxel, other))
                    {
                        parts[other] = found;
                        open.Push(other);
                    }
                }
            }
        }

        return parts;
    }
}
