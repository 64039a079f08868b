using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;
using Mode = GpuLoss.nn.WassersteinWeighting;
using Reduction = TorchSharp.torch.nn.Reduction;

namespace GpuLossTests;

/// <summary>Generalized Wasserstein Dice besides agreeing with its paper.</summary>
public class WassersteinTests : HostPath
{
    private static readonly double[,] Tree = { { 0, 1, 1 }, { 1, 0, 0.5 }, { 1, 0.5, 0 } };

    /// <summary>What MONAI's tests say: near 0 for the labels, near 1 for the others, also where the foreground is empty.</summary>
    [Theory]
    [InlineData(Mode.Default, false)]
    [InlineData(Mode.Default, true)]
    [InlineData(Mode.GDL, false)]
    [InlineData(Mode.GDL, true)]
    public void A_good_prediction_has_0_and_a_poor_one_1(Mode mode, bool isEmpty)
    {
        using var scope = NewDisposeScope();
        foreach (long[] space in (long[][])[[4, 4], [3, 4, 4]])
        {
            var square = zeros([1, .. space], dtype: ScalarType.Int64);
            if (!isEmpty)
                square[TensorIndex.Ellipsis, 1..3, 1..3] = 1;
            Tensor Certain(Tensor labels) => 1000 * torch.stack([1 - labels, labels], 1).to_type(ScalarType.Float32);
            foreach (var type in (ScalarType[])[ScalarType.Byte, ScalarType.Int8, ScalarType.Int16, ScalarType.Int32, ScalarType.Int64])
            {
                float Of(Tensor logits, Tensor target) =>
                    Fused.functional.generalized_wasserstein_dice_loss(
                        logits, target.to_type(type), tensor(new double[,] { { 0, 1 }, { 1, 0 } }), mode).item<float>();
                Assert.Equal(0, Of(Certain(square), square), 5e-4);
                Assert.Equal(0, Of(Certain(square), square.unsqueeze(1)), 5e-4);
                Assert.Equal(1, Of(Certain(1 - square), square), 5e-4);
            }
        }
    }

    [Fact]
    public void Confusing_near_classes_costs_less_and_all_distances_may_be_twice_as_large()
    {
        using var scope = NewDisposeScope();
        var target = tensor([0L, 1, 2, 1, 2, 0]).reshape(1, 6);
        Tensor Guess(params long[] labels) =>
            100 * torch.nn.functional.one_hot(tensor(labels), 3).transpose(0, 1).unsqueeze(0).to_type(ScalarType.Float64);
        double Of(Tensor logits, Tensor distances) =>
            Fused.functional.generalized_wasserstein_dice_loss(logits, target, distances).item<double>();
        var (near, far) = (Guess(0, 2, 2, 1, 2, 0), Guess(0, 0, 2, 1, 2, 0));
        Assert.True(Of(near, tensor(Tree)) < Of(far, tensor(Tree)));
        Assert.Equal(Of(near, tensor(Tree)), Of(near, tensor(Tree).to_type(ScalarType.Float32) * 2), 1e-7);
        Assert.Equal(Of(far, 1 - eye(3)), Of(far, (1 - eye(3)).to_type(ScalarType.Int32) * 7), 1e-12);
    }

    [Fact]
    public void Of_equal_distances_and_two_classes_it_is_Dice_with_hard_true_positives()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var (logits, target) = (randn([1, 2, 30], ScalarType.Float64), randint(2, [1, 30], dtype: ScalarType.Int64));
        var p = torch.nn.functional.softmax(logits, 1)[0, 1];
        var t = target[0].to_type(ScalarType.Float64);
        var (i, errors) = ((p * t).sum(), ((1 - p) * t).sum() + (p * (1 - t)).sum());
        var actual = Fused.functional.generalized_wasserstein_dice_loss(logits, target, 1 - eye(2), smooth_nr: 0, smooth_dr: 0);
        Assert.Equal((1 - 2 * i / (2 * i + errors)).item<double>(), actual.item<double>(), 1e-14);
    }

    [Theory]
    [InlineData(Mode.Default)]
    [InlineData(Mode.GDL)]
    public void Its_gradient_is_its_slope_and_that_of_parts_the_whole_one(Mode mode)
    {
        using var scope = NewDisposeScope();
        manual_seed(2);
        var (logits, target) =
            (randn([2, 3, 12, 5], ScalarType.Float64).requires_grad_(true), randint(3, [2, 12, 5], dtype: ScalarType.Int64));
        var weights = rand([2, 12, 5], ScalarType.Float64);
        using var criterion = Fused.GeneralizedWassersteinDiceLoss(tensor(Tree), mode, ignore_index: 1);
        var whole = criterion.forward(logits, target, weights);
        var gradient = autograd.grad([whole], [logits])[0];
        var direction = randn(logits.shape, ScalarType.Float64);
        const double step = 1e-5;
        double At(double by) => criterion.forward(logits.detach() + by * direction, target, weights).item<double>();
        Assert.Equal((gradient * direction).sum().item<double>(), (At(step) - At(-step)) / (2 * step), 1e-9);

        using var others = criterion.statistics(logits.detach().narrow(2, 4, 8), target.narrow(1, 4, 8), weights.narrow(1, 4, 8));
        var first = logits.detach().narrow(2, 0, 4).requires_grad_(true);
        var part = criterion.forward(first, target.narrow(1, 0, 4), others, weights.narrow(1, 0, 4));
        Assert.Equal(whole.item<double>(), part.item<double>(), 1e-14);
        Assert.InRange((autograd.grad([part], [first])[0] - gradient.narrow(2, 0, 4)).abs().max().item<double>(), 0, 1e-15);
    }

    [Fact]
    public void Metrics_deep_supervision_and_sums_go_with_it()
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var (logits, target) = (randn([1, 3, 8, 8]), randint(3, [1, 8, 8], dtype: ScalarType.Int64));
        using var criterion = Fused.GeneralizedWassersteinDiceLoss(tensor(Tree));
        using var dice = Fused.DiceLoss();
        var (value, metrics) = criterion.forward_with_metrics(logits, target);
        using (metrics)
        using (var expected = dice.forward_with_metrics(logits, target).metrics)
            Assert.Equal(expected.soft_dice.data<double>().ToArray(), metrics.soft_dice.data<double>().ToArray());
        Assert.Equal(criterion.forward(logits, target).item<float>(), value.item<float>(), 1e-6);
        using var deep = Fused.DeepSupervisionLoss(Fused.GeneralizedWassersteinDiceLoss(tensor(Tree)), [1]);
        Assert.Equal(value.item<float>(), deep.forward([logits], target).item<float>(), 1e-6);
        using var two = Fused.CompoundLoss(
            (1, Fused.GeneralizedWassersteinDiceLoss(tensor(Tree))), (2, Fused.GeneralizedWassersteinDiceLoss(1 - eye(3), Mode.GDL)));
        var other = Fused.functional.generalized_wasserstein_dice_loss(logits, target, 1 - eye(3), Mode.GDL);
        Assert.Equal(value.item<float>() + 2 * other.item<float>(), two.forward(logits, target).item<float>(), 1e-6);
    }

    [Fact]
    public void Matrices_and_targets_that_are_none_are_refused_by_name()
    {
        using var scope = NewDisposeScope();
        foreach (var bad in (Tensor[])[
            ones(3), ones([2, 3]), zeros([3, 3]), zeros([1, 1]), ones([3, 3]), -(1 - eye(3)), (1 - eye(3)) * double.NaN,
            (1 - eye(3)) * double.PositiveInfinity,
            eye(3), zeros([2, 2, 2]), zeros([3, 3], dtype: ScalarType.ComplexFloat32)])
        {
            Assert.Equal("dist_matrix", Assert.Throws<ArgumentException>(() => Fused.GeneralizedWassersteinDiceLoss(bad)).ParamName);
        }

        Assert.Throws<ArgumentNullException>(() => Fused.GeneralizedWassersteinDiceLoss(null!));
        var gone = 1 - eye(3);
        gone.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Fused.GeneralizedWassersteinDiceLoss(gone));
        Assert.Equal("weighting_mode",
            Assert.Throws<ArgumentOutOfRangeException>(() => Fused.GeneralizedWassersteinDiceLoss(1 - eye(3), (Mode)7)).ParamName);
        using var criterion = Fused.GeneralizedWassersteinDiceLoss(1 - eye(3));
        var wrongSize = Assert.Throws<ArgumentException>(() => criterion.forward(randn([1, 4, 5]), zeros([1, 5], dtype: ScalarType.Int64)));
        Assert.Equal("dist_matrix", wrongSize.ParamName);
        Assert.Contains("[4, 4]", wrongSize.Message, StringComparison.Ordinal);
        Assert.Equal("target", Assert.Throws<ArgumentException>(() => criterion.forward(randn([1, 3, 5]), rand([1, 3, 5]))).ParamName);
        Assert.Equal(0, criterion.forward(randn([1, 3, 5]), full([1, 5], -100, dtype: ScalarType.Int64)).item<float>());
        Assert.Equal([2, 1, 1], Fused.functional.generalized_wasserstein_dice_loss(
            randn([2, 3, 5]), zeros([2, 5], dtype: ScalarType.Int64), 1 - eye(3), reduction: Reduction.None).shape);
    }
}
