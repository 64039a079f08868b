using GpuLoss.Modules;
using TorchSharp;
using static TorchSharp.torch;
using Activation = GpuLoss.nn.Activation;
using Fused = GpuLoss.nn;

namespace GpuLossTests;

/// <summary>Connected parts against a flood, and the blob loss against one loss per blob.</summary>
public class BlobTests
{
    public static TheoryData<int, int?, long[]> Grids => new()
    {
        { 1, null, [40] }, { 2, 1, [12, 17] }, { 3, 2, [15, 14] }, { 4, 1, [7, 8, 9] }, { 5, 2, [8, 7, 9] }, { 6, 3, [9, 8, 7] },
            { 7, null, [5, 6, 7] },
    };

    public static TheoryData<string> Losses => [.. Criteria.Keys];

    private static Dictionary<string,
        (Func<FusedLossModule> Make, Func<Tensor, Tensor, Tensor, Tensor> Of, Activation Activation, bool Background)> Criteria => new()
        {
            ["dice"] = (() => Fused.DiceLoss(include_background: false), (i, p, t) =>
                1 - (2 * i + 1e-5) / (p + t + 1e-5), Activation.Softmax,
            false),
            ["dice of the sigmoid"] = (
            () => Fused.DiceLoss(activation: Activation.Sigmoid, smooth_nr: 1, smooth_dr: 2), (i, p, t) => 1 - (2 * i + 1) / (p + t + 2),
                Activation.Sigmoid, true),
            ["jaccard"] = (() => Fused.JaccardLoss(include_background: false), (i, p, t) => 1 - (2 * i + 1e-5) / (2 * (p + t - i) + 1e-5),
            Activation.Softmax, false),
            ["tversky"] = (
            () => Fused.TverskyLoss(0.3, 0.7), (i, p, t) => 1 - (i + 1e-5) / (i + 0.3 * (p - i) + 0.7 * (t - i) + 1e-5), Activation.Softmax,
                true),
            ["focal tversky"] = (
            () => Fused.FocalTverskyLoss(0.3, 0.7, 0.75, include_background: false),
            (i, p, t) => (1 - (i + 1e-5) / (i + 0.3 * (p - i) + 0.7 * (t - i) + 1e-5)).pow(0.75), Activation.Softmax, false),
            ["log dice"] = (() => Fused.LogDiceLoss(0.3), (i, p, t) =>
                (-((2 * i + 1e-5) / (p + t + 1e-5)).log()).pow(0.3), Activation.Softmax,
            true),
        };

    [Theory]
    [MemberData(nameof(Grids))]
    public void Parts_are_those_of_a_flood(int seed, int? connectivity, long[] space)
    {
        foreach (var density in (double[])[0.2, 0.45, 0.7, 1])
        {
            using var scope = NewDisposeScope();
            manual_seed(seed);
            var input = rand([2, 2, .. space]) < density;
            var found = Fused.functional.connected_components(input, connectivity);
            Assert.Equal(ScalarType.Int32, found.dtype);
            foreach (var (set, parts) in input.flatten(2).flatten(0, 1).unbind(0).Zip(found.flatten(2).flatten(0, 1).unbind(0)))
            {
                Assert.Equal(
                    ShapeReference.Flood(set.data<bool>().ToArray(), space, connectivity ?? space.Length), parts.data<int>().ToArray());
            }
        }
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void The_loss_is_that_of_the_whole_and_of_every_blob_without_the_others(string name)
    {
        using var scope = NewDisposeScope();
        var (make, of, activation, background) = Criteria[name];
        var (logits, target) = ShapeCase.Data([3, 3, 10, 11], 4);
        target[2] = 0;
        using var loss = Fused.BlobLoss(make(), main_weight: 1.5, blob_weight: 0.7, connectivity: 1);
        using var main = make();
        ShapeCase.AssertEqual(
            loss, x => 1.5 * main.forward(x, target) + 0.7 * ShapeReference.PerBlob(x, target, of, activation, background, 1), logits,
            target, 1e-11);
        ShapeCase.AssertSlopes(loss, logits, target);
    }

    [Fact]
    public void Squares_weights_and_ignored_voxels_are_the_criterions()
    {
        using var scope = NewDisposeScope();
        double[] weights = [0.5, 2, 3];
        var (logits, target) = ShapeCase.Data([2, 3, 6, 7, 5], 7);
        target[0, 2] = -100;
        var weight = tensor(weights);
        FusedLossModule Make() => Fused.DiceLoss(squared: true, weight: weight);
        using var loss = Fused.BlobLoss(Make());
        using var main = Make();
        ShapeCase.AssertEqual(
            loss, x => 2 * main.forward(x, target)
                + ShapeReference.PerBlob(
                    x, target, (i, p, t) => 1 - (2 * i + 1e-5) / (p + t + 1e-5), Activation.Softmax, true, 3, weights, true),
            logits, target, 1e-11);
        var mask = ones([2, 6, 7, 5], dtype: ScalarType.Bool);
        mask[0, 2] = false;
        var plain = target.masked_fill(target.eq(-100), 1);
        Assert.Equal(loss.forward(logits, target).item<double>(), loss.forward(logits, plain, mask).item<double>());
    }

    [Fact]
    public void Without_blobs_only_the_whole_counts()
    {
        using var scope = NewDisposeScope();
        var (logits, _) = ShapeCase.Data([2, 2, 6, 7], 7);
        var nothing = zeros([2, 6, 7], dtype: ScalarType.Int64);
        using var loss = Fused.BlobLoss(Fused.DiceLoss(include_background: false), main_weight: 1);
        var expected = Fused.functional.dice_loss(logits, nothing, include_background: false);
        var value = loss.forward(logits, nothing);
        Assert.Equal(expected.item<double>(), value.item<double>());
        ShapeCase.AssertClose(autograd.grad([expected], [logits])[0], autograd.grad([value], [logits])[0], 0, "gradient");
    }

    [Fact]
    public void A_mistake_is_named()
    {
        var (logits, _) = ShapeCase.Data([1, 3, 6, 6], 4);
        foreach (var loss in new FusedLossModule[]
        {
            Fused.DiceCELoss(), Fused.CrossEntropyLoss(), Fused.GeneralizedDiceLoss(), Fused.DiceLoss(soft_label: true),
            Fused.DiceLoss(reduction: torch.nn.Reduction.None),
        })
        {
            Assert.Equal("loss", Assert.ThrowsAny<ArgumentException>(() => Fused.BlobLoss(loss)).ParamName);
        }

        Assert.Equal("connectivity", Assert.ThrowsAny<ArgumentException>(() =>
            Fused.BlobLoss(Fused.DiceLoss(), connectivity: 0)).ParamName);
        Assert.Equal("connectivity", Assert.ThrowsAny<ArgumentException>(() => Fused.functional.connected_components(logits, 4)).ParamName);
        Assert.Equal("blob_weight", Assert.ThrowsAny<ArgumentException>(() => Fused.BlobLoss(Fused.DiceLoss(), blob_weight: -1)).ParamName);
    }
}
