using GpuLoss.Cli.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace GpuLoss.Cli.Comparing.Explaining;

/// <summary>
/// How much the gradient of several losses varies from batch to batch, at one network, by the size of the object. The gradient is that of
/// the last layer, a 1×1×1 convolution: for class c, g_c = Σ over voxels of dL/dz_c · (features, 1). The batches are sorted by how many
/// voxels of c they have and divided into equal groups; in each group the spread is √(Σ |g - ḡ|² / (n - 1)) / |ḡ|.
/// </summary>
internal static class GradientSpreads
{
    /// <summary>How many batches are looked at.</summary>
    public const int Batches = 36;

    private const int BatchSize = 2;
    private const int Groups = 3;

    /// <summary>Measures all losses on the same batches.</summary>
    public static GradientSpread[] Measure(UNet3d network, PatchSampler patches, int classes, int batches = Batches)
    {
        using var scope = NewDisposeScope();
        var (head, headBias) = network.Head;
        var gradients = LossesOfBatches.All.Select(_ => new List<double[][]>()).ToArray();
        var voxels = new List<long[]>();
        for (var batch = 0; batch < batches; batch++)
        {
            using var batchScope = NewDisposeScope();
            var drawn = Enumerable.Range(0, BatchSize).Select(_ => patches.Next()).ToList();
            var labels = cat([.. drawn.Select(patch => patch.Labels)]);
            Tensor features, logits;
            using (no_grad())
            {
                features = network.Features(cat([.. drawn.Select(patch => patch.Image)]));
                logits = torch.nn.functional.conv3d(features, head, headBias);
            }

            voxels.Add(bincount(labels.flatten().to_type(ScalarType.Int64), minlength: classes).cpu().data<long>().ToArray());
            for (var i = 0; i < LossesOfBatches.All.Count; i++)
            {
                using var loss = LossesOfBatches.All[i].Create();
                gradients[i].Add(OfLastLayer(GradientShares.Gradient(loss, logits, labels), features));
            }
        }

        return [.. LossesOfBatches.All.SelectMany((loss, i) =>
            Enumerable.Range(1, classes - 1).SelectMany(c => ByObjectSize(loss.Name, c, voxels, gradients[i])))];
    }

    /// <summary>The gradient of the last layer's weights and, last, its bias, one row per class.</summary>
    /// <param name="logits">The gradient of the logits [N, C, *S].</param>
    /// <param name="features">The input of the layer [N, F, *S].</param>
    public static double[][] OfLastLayer(Tensor logits, Tensor features)
    {
        using var scope = NewDisposeScope();
        var (z, f) = (logits.flatten(2).to_type(ScalarType.Float64), features.flatten(2).to_type(ScalarType.Float64));
        var rows = cat([einsum("ncv,nfv->cf", z, f), z.sum([0, 2]).unsqueeze(1)], 1).cpu();
        var flat = rows.contiguous().data<double>().ToArray();
        return [.. flat.Chunk((int)rows.shape[1])];
    }

    /// <summary>√(Σ |g - ḡ|² / (n - 1)) / |ḡ| of two or more vectors.</summary>
    public static double RelativeSpread(IReadOnlyList<double[]> vectors)
    {
        var mean = Enumerable.Range(0, vectors[0].Length).Select(i => vectors.Average(vector => vector[i])).ToArray();
        var squares = vectors.Sum(vector => vector.Zip(mean).Sum(pair => (pair.First - pair.Second) * (pair.First - pair.Second)));
        return Math.Sqrt(squares / (vectors.Count - 1)) / Math.Sqrt(mean.Sum(value => value * value));
    }

    private static IEnumerable<GradientSpread> ByObjectSize(string loss, int c, List<long[]> voxels, List<double[][]> gradients)
    {
        var batches = Enumerable.Range(0, voxels.Count).Where(batch => voxels[batch][c] > 0).OrderBy(batch => voxels[batch][c]).ToList();
        if (batches.Count < 2 * Groups)
            yield break;
        for (var group = 0; group < Groups; group++)
        {
            var members = batches[(group * batches.Count / Groups)..((group + 1) * batches.Count / Groups)];
            yield return new GradientSpread(
                loss, c, voxels[members[members.Count / 2]][c], members.Count,
                RelativeSpread([.. members.Select(batch => gradients[batch][c])]));
        }
    }
}
