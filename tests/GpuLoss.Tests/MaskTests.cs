using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;

namespace GpuLossTests;

/// <summary>Masks select voxels; and 16-bit training, whose losses are scaled by hand.</summary>
public class MaskTests
{
    [Theory]
    [InlineData(ScalarType.Byte, true)]
    [InlineData(ScalarType.Int8, false)]
    [InlineData(ScalarType.Int64, true)]
    public void A_mask_leaves_what_it_selects(ScalarType type, bool channel)
    {
        using var scope = NewDisposeScope();
        manual_seed(11);
        var logits = randn([2, 3, 6, 7]);
        var target = randint(3, [2, 6, 7], dtype: type);
        var mask = rand([2, 6, 7]) < 0.6;
        var selected = target.to_type(ScalarType.Int64).masked_fill(mask.logical_not(), -100);
        var exact = logits.to_type(ScalarType.Float64).requires_grad_(true);
        var expected = Reference.Dice(exact, selected) + Reference.CrossEntropy(exact, selected);
        var expectedGradient = autograd.grad([expected], [exact])[0];

        // What lies outside of the mask is never looked at, not even labels.
        var poisoned = where(mask.unsqueeze(1), logits, full_like(logits, double.NaN)).requires_grad_(true);
        var labels = target.masked_fill(mask.logical_not(), 77);
        using var criterion = Fused.DiceCELoss();
        var actual = criterion.forward(poisoned, labels, channel ? mask.unsqueeze(1) : mask);
        Assert.InRange(actual.item<float>() / expected.item<double>() - 1, -1e-6, 1e-6);
        var gradient = autograd.grad([actual], [poisoned])[0].to_type(ScalarType.Float64);
        Assert.InRange((gradient - expectedGradient).abs().max().item<double>(), 0, 1e-6 * expectedGradient.abs().max().item<double>());

        using var compound = Fused.CompoundLoss((1, Fused.DiceLoss()), (1, Fused.CrossEntropyLoss()));
        Assert.Equal(actual.item<float>(), compound.forward(poisoned, labels, mask).item<float>(), 1e-6);
    }

    [Fact]
    public void A_mask_of_another_type_or_size_is_refused()
    {
        using var scope = NewDisposeScope();
        var (logits, target) = (randn([1, 2, 4]), zeros([1, 4], dtype: ScalarType.Int64));
        using var criterion = Fused.DiceLoss();
        Assert.Equal("mask",
            Assert.Throws<ArgumentException>(() => criterion.forward(logits, target, ones([1, 4], dtype: ScalarType.Int64))).ParamName);
        Assert.Equal("mask",
            Assert.Throws<ArgumentException>(() => criterion.forward(logits, target, ones([1, 5], dtype: ScalarType.Bool))).ParamName);
        Assert.Throws<ArgumentNullException>(() => criterion.forward(logits, target, (Tensor)null!));
    }

    [Theory]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    public void A_loss_scaled_for_16_bit_gradients_gives_the_scaled_gradient(ScalarType type)
    {
        const double scale = 65536;
        using var scope = NewDisposeScope();
        manual_seed(12);
        var logits = randn([1, 4, 32, 32]).to_type(type).requires_grad_(true);
        var target = randint(4, [1, 32, 32], dtype: ScalarType.Byte);
        using var criterion = Fused.DiceCELoss();
        (criterion.forward(logits, target) * scale).backward();
        var exact = logits.detach().to_type(ScalarType.Float64).requires_grad_(true);
        (Reference.Dice(exact, target) + Reference.CrossEntropy(exact, target)).backward();
        var expected = exact.grad! * scale;
        Assert.Equal(type, logits.grad!.dtype);
        var rounding = type == ScalarType.Float16 ? 1.0 / 2048 : 1.0 / 256;
        var allowed = rounding * expected.abs() + 1e-6 * expected.abs().max();
        Assert.True((logits.grad.to_type(ScalarType.Float64) - expected).abs().le(allowed).all().item<bool>());
        Assert.True(expected.abs().max().item<double>() > 1, "the scale lifts gradients to where float16 has all of its digits");
    }
}
