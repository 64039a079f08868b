using GpuLoss.Autograd;
using GpuLoss.Modules;
using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;

namespace GpuLossTests;

/// <summary>The largest voxels where one of them is not a number, and as a term that is scaled.</summary>
public class TopVoxelsTests
{
    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void The_largest_voxels_are_NaN_where_one_logit_is(float logit)
    {
        foreach (var percent in new[] { 1.0, 10, 100 })
        {
            using var scope = NewDisposeScope();
            manual_seed(3);
            var logits = randn([1, 3, 8, 8]);
            logits[0, 1, 2, 3] = logit;
            logits.requires_grad_(true);
            foreach (var criterion in new Loss<Tensor, Tensor, Tensor>[] { Fused.TopKCrossEntropyLoss(percent),
                Fused.DiceTopKLoss(percent) })
            {
                var loss = criterion.forward(logits, randint(3, [1, 8, 8], dtype: ScalarType.Int64));
                Assert.True(float.IsNaN(loss.item<float>()), $"{criterion.GetType().Name} of {percent} %");
                var gradient = autograd.grad([loss], [logits])[0];
                Assert.True(gradient[0, 1, 2, 3].isnan().item<bool>());
                criterion.Dispose();
            }
        }
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    public void The_scale_of_a_term_multiplies_value_and_gradient(ScalarType type)
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        var logits = randn([2, 3, 9, 8], dtype: type).requires_grad_(true);
        var labels = randint(3, [2, 9, 8], dtype: ScalarType.Int64);
        using var plain = Fused.TopKCrossEntropyLoss(20);
        using var scaled = new ScaledTopK(20, 0.375);
        var (one, other) = (plain.forward(logits, labels), scaled.forward(logits, labels));
        Assert.Equal(0.375 * one.to_type(ScalarType.Float64).item<double>(), other.to_type(ScalarType.Float64).item<double>(), 1e-7);
        var (ofOne, ofOther) = (autograd.grad([one], [logits])[0], autograd.grad([other], [logits])[0]);
        Assert.InRange((ofOther - 0.375 * ofOne).abs().max().to_type(ScalarType.Float64).item<double>(), 0, 1e-9);
        Assert.True(ofOther.abs().max().to_type(ScalarType.Float64).item<double>() > 1e-3);
    }

    private sealed class ScaledTopK(double k, double scale) : FusedLossModule(
        LossDefinitions.Whole(default, scale, torch.nn.Reduction.Mean), ClassWeights.From(null), -100, torch.nn.Reduction.Mean,
        new TermOptions { TopPercent = k });
}
