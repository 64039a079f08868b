using TorchSharp;
using static TorchSharp.torch;
using Activation = GpuLoss.nn.Activation;
using Fused = GpuLoss.nn;

namespace GpuLossTests;

/// <summary>Centerline Dice against skeletons of torch's pooling, in float64.</summary>
public class CenterlineTests
{
    public static TheoryData<int, int, Activation, bool, long[]> Cases => new()
    {
        { 1, 3, Activation.Softmax, false, [2, 3, 17, 23] },
        { 2, 3, Activation.Softmax, false, [1, 3, 9, 11, 21] },
        { 3, 10, Activation.Sigmoid, true, [1, 2, 31, 10, 19] },
        { 4, 0, Activation.Softmax, true, [2, 2, 5, 7, 8] },
        { 5, 1, Activation.Sigmoid, true, [1, 1, 6, 1, 40] },
        { 6, 2, Activation.None, false, [1, 3, 4, 6, 33] },
        { 7, 10, Activation.None, true, [1, 2, 3, 2, 3] },
        { 8, 4, Activation.Sigmoid, true, [2, 2, 40, 3] },
        { 9, 6, Activation.Softmax, true, [1, 2, 50, 4, 5] },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_loss_is_the_harmonic_mean_of_precision_and_sensitivity_of_skeletons(
        int seed, int iterations, Activation activation, bool background, long[] shape)
    {
        using var scope = NewDisposeScope();
        var (logits, target) = ShapeCase.Data(shape, seed);
        using var centerline = Fused.SoftclDiceLoss(iterations, smooth: 0.5, background, activation: activation);
        ShapeCase.AssertEqual(
            centerline, x => ShapeReference.Centerline(x, target, activation, background, iterations, 0.5).Centerline, logits, target,
            1e-10);
        using var both = Fused.SoftDiceclDiceLoss(iterations, 0.3, 0.5, background, activation: activation);
        ShapeCase.AssertEqual(both, x =>
        {
            var (one, dice) = ShapeReference.Centerline(x, target, activation, background, iterations, 0.5);
            return 0.7 * dice + 0.3 * one;
        }, logits, target, 1e-10);
    }

    [Fact]
    public void Soft_targets_have_soft_skeletons_and_float32_is_as_good()
    {
        using var scope = NewDisposeScope();
        var (logits, _) = ShapeCase.Data([2, 3, 8, 9, 10], 5);
        var soft = torch.nn.functional.softmax(3 * randn([2, 3, 8, 9, 10], dtype: ScalarType.Float64), 1);
        using var loss = Fused.SoftDiceclDiceLoss();
        ShapeCase.AssertEqual(loss, x =>
        {
            var (one, dice) = ShapeReference.Centerline(x, soft, Activation.Softmax, false, 3, 1);
            return (dice + one) / 2;
        }, logits, soft, 1e-10);
        var single = logits.detach().to_type(ScalarType.Float32).requires_grad_(true);
        ShapeCase.AssertEqual(loss, x =>
        {
            var (one, dice) = ShapeReference.Centerline(x, soft, Activation.Softmax, false, 3, 1);
            return (dice + one) / 2;
        }, single, soft, 1e-6);
    }

    [Fact]
    public void The_gradient_is_the_slope_along_any_direction()
    {
        using var scope = NewDisposeScope();
        var (logits, target) = ShapeCase.Data([1, 3, 6, 7, 9], 12);
        using var loss = Fused.SoftDiceclDiceLoss(2, 0.8);
        ShapeCase.AssertSlopes(loss, logits, target, step: 1e-8, tolerance: 1e-4);
    }

    [Fact]
    public void The_bits_do_not_depend_on_the_number_of_threads()
    {
        using var scope = NewDisposeScope();
        var (logits, target) = ShapeCase.Data([2, 3, 20, 18, 24], 3, ScalarType.Float32);
        using var loss = Fused.SoftclDiceLoss(5);
        ShapeCase.AssertSameBitsOnAnyThreads(loss, logits, target);
    }

    [Fact]
    public void An_ignored_voxel_is_empty_and_an_absent_class_has_no_skeleton()
    {
        using var scope = NewDisposeScope();
        var (logits, target) = ShapeCase.Data([1, 2, 9, 9], 3);
        target[0, 4] = -100;
        var emptied = logits.detach().clone();
        emptied[0, TensorIndex.Colon, 4] = double.NaN;
        emptied.requires_grad_(true);
        using var loss = Fused.SoftDiceclDiceLoss(activation: Activation.Sigmoid);
        var value = loss.forward(emptied, target);
        var empty = (logits.sigmoid() * target.ne(-100).unsqueeze(1)).detach();
        using var plain = Fused.SoftDiceclDiceLoss(activation: Activation.None);
        Assert.Equal(plain.forward(empty, target.masked_fill(target.eq(-100), 0)).item<double>(), value.item<double>(), 12);
        var gradient = autograd.grad([value], [emptied])[0];
        Assert.True(gradient.isfinite().all().item<bool>());
        Assert.Equal(0, gradient[0, TensorIndex.Colon, 4].abs().max().item<double>());
        var nothing = zeros([1, 9, 9], dtype: ScalarType.Int64);
        using var three = Fused.SoftclDiceLoss();
        ShapeCase.AssertEqual(
            three, x => ShapeReference.Centerline(x, nothing, Activation.Softmax, false, 3, 1).Centerline, logits, nothing, 1e-10);
        var poisoned = logits.detach().clone();
        poisoned[0, 1, 2, 3] = double.NaN;
        Assert.True(double.IsNaN(three.forward(poisoned, target).item<double>()));
    }

    [Fact]
    public void A_mistake_is_named()
    {
        var (logits, target) = ShapeCase.Data([1, 3, 6, 6], 4);
        Assert.Equal("iter_", Assert.ThrowsAny<ArgumentException>(() => Fused.SoftclDiceLoss(-1)).ParamName);
        Assert.Equal("smooth", Assert.ThrowsAny<ArgumentException>(() => Fused.SoftclDiceLoss(smooth: 0)).ParamName);
        Assert.Equal("alpha", Assert.ThrowsAny<ArgumentException>(() =>
            Fused.functional.soft_dice_cldice_loss(logits, target, alpha: 1.5)).ParamName);
        var many = randn([1, 2, 2, 2, 2, 2]);
        Assert.Equal("logits", Assert.ThrowsAny<ArgumentException>(
            () => Fused.functional.soft_cldice_loss(many, zeros([1, 2, 2, 2, 2], dtype: ScalarType.Int64))).ParamName);
    }
}
