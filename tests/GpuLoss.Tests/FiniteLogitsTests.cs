using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;

namespace GpuLossTests;

/// <summary>Logits up to the largest number of their type, and voxels that are as certain as can be.</summary>
public class FiniteLogitsTests : HostPath
{
    private static readonly double[] Weight = [0.5, 2, 1];
    private static readonly double[] EqualWeight = [0.5, 0.5];

    [Theory]
    [InlineData(ScalarType.Float32, 1e10)]
    [InlineData(ScalarType.Float32, 3.4e38)]
    [InlineData(ScalarType.BFloat16, 1e10)]
    [InlineData(ScalarType.BFloat16, 3.3e38)]
    [InlineData(ScalarType.Float16, 65504)]
    [InlineData(ScalarType.Float64, 1e19)]
    [InlineData(ScalarType.Float64, 1.7e308)]
    public void One_voxel_of_two_classes_is_right_or_as_wrong_as_its_logits_say(ScalarType type, double size)
    {
        using var scope = NewDisposeScope();
        var large = tensor(size).to_type(type).to_type(ScalarType.Float64).item<double>();
        foreach (var sign in new[] { 1, -1 })
        {
            // The larger logit is that of class 0 once, of class 1 once; the other one is 0.
            var logits = (sign * tensor(new[] { large, 0.0 }).reshape([1, 2, 1])).to_type(type).requires_grad_(true);
            for (var label = 0; label < 2; label++)
            {
                var target = full([1, 1], label, dtype: ScalarType.Int64);
                var isRight = label == 0 == sign > 0;
                foreach (var criterion in new Loss<Tensor, Tensor, Tensor>[]
                {
                    Fused.CrossEntropyLoss(), Fused.CrossEntropyLoss(tensor(EqualWeight)), Fused.CrossEntropyLoss(label_smoothing: 1e-30),
                    Fused.FocalLoss(2, reduction: torch.nn.Reduction.Sum), Fused.TopKCrossEntropyLoss(100),
                })
                {
                    var loss = criterion.forward(logits, target);
                    var value = loss.to_type(ScalarType.Float64).item<double>();
                    Assert.InRange(value, isRight ? 0 : large * (1 - 1e-6), isRight ? large * 1e-29 : large * (1 + 1e-6));
                    var gradient = autograd.grad([loss], [logits])[0].to_type(ScalarType.Float64).flatten().data<double>().ToArray();
                    var expected = isRight ? 0.0 : 1;
                    Assert.Equal(label == 0 ? -expected : expected, gradient[0], 1e-6);
                    Assert.Equal(label == 0 ? expected : -expected, gradient[1], 1e-6);
                    criterion.Dispose();
                }

                var dice = Fused.functional.dice_loss(logits, target, smooth_nr: 0, smooth_dr: 0).to_type(ScalarType.Float64)
                    .item<double>();
                Assert.Equal(isRight ? 0 : 1, dice, 1e-6);
            }
        }
    }

    [Theory]
    [InlineData(ScalarType.Float32, 1e4)]
    [InlineData(ScalarType.Float32, 1e9)]
    [InlineData(ScalarType.Float32, 3e37)]
    [InlineData(ScalarType.BFloat16, 1e9)]
    [InlineData(ScalarType.Float64, 1e19)]
    [InlineData(ScalarType.Float64, 1e305)]
    public void Random_logits_of_any_size_agree_with_float64(ScalarType type, double scale)
    {
        for (var seed = 0; seed < 10; seed++)
        {
            using var scope = NewDisposeScope();
            manual_seed(seed);
            var logits = (scale * randn([2, 3, 21, 5], ScalarType.Float64)).clamp(-5 * scale, 5 * scale).to_type(type).requires_grad_(true);
            var target = randint(3, [2, 21, 5], dtype: ScalarType.Int64);
            target[0, 3] = -100;
            var exact = logits.detach().to_type(ScalarType.Float64).requires_grad_(true);
            AssertClose(Reference.Dice(exact, target), exact, Fused.functional.dice_loss(logits, target), logits);
            AssertClose(Reference.CrossEntropy(exact, target), exact, Fused.functional.cross_entropy_loss(logits, target), logits);
            AssertClose(
                Reference.CrossEntropy(exact, target, Weight), exact, Fused.functional.cross_entropy_loss(logits, target, tensor(Weight)),
                logits);
            AssertClose(Reference.Focal(exact, target, 1), exact, Fused.functional.focal_loss(logits, target, 1), logits);
        }
    }

    /// <summary>Rounding may leave a sum of exponentials a little below 1, and its logarithm below 0.</summary>
    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    [InlineData(ScalarType.BFloat16)]
    public void A_loss_of_certain_voxels_is_never_below_0(ScalarType type)
    {
        using var scope = NewDisposeScope();
        manual_seed(2);
        var target = randint(3, [1, 333], dtype: ScalarType.Int64);
        var oneHot = torch.nn.functional.one_hot(target, 3).permute(0, 2, 1).to_type(ScalarType.Float64);
        for (var certainty = 14.0; certainty < 200; certainty += 0.7)
        {
            using var inner = NewDisposeScope();
            var logits = (certainty * oneHot + randn([1, 1, 333], ScalarType.Float64)).to_type(type);
            Assert.True(Fused.functional.cross_entropy_loss(logits, target).to_type(ScalarType.Float64).item<double>() >= 0);
            Assert.True(Fused.functional.cross_entropy_loss(logits, target, tensor(Weight)).to_type(ScalarType.Float64)
                .item<double>() >= 0);
            Assert.True(Fused.functional.focal_loss(logits, target, 0.5).to_type(ScalarType.Float64).item<double>() >= 0);
            Assert.True(Fused.functional.cross_entropy_loss(logits, oneHot).to_type(ScalarType.Float64).item<double>() >= 0);
        }
    }

    private static void AssertClose(Tensor expected, Tensor exact, Tensor actual, Tensor logits)
    {
        var value = expected.item<double>();
        Assert.InRange(actual.to_type(ScalarType.Float64).item<double>(), value * (1 - 2e-6) - 1e-12, value * (1 + 2e-6) + 1e-12);
        var expectedGradient = autograd.grad([expected], [exact])[0];
        var gradient = autograd.grad([actual], [logits])[0].to_type(ScalarType.Float64);
        var rounding = logits.dtype == ScalarType.BFloat16 ? 4e-3 : 2e-6;
        Assert.InRange((gradient - expectedGradient).abs().max().item<double>(), 0,
            rounding * expectedGradient.abs().max().item<double>() + 1e-12);
    }
}
