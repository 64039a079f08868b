using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;

namespace GpuLossTests;

/// <summary>The largest voxels where one of them is not a number.</summary>
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
}
