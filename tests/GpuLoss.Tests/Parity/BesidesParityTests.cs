using TorchSharp;
using static TorchSharp.torch;
using Activation = GpuLoss.nn.Activation;
using Fused = GpuLoss.nn;
using Reduction = TorchSharp.torch.nn.Reduction;

namespace GpuLossTests.Parity;

/// <summary>What the losses of sigmoids, soft targets and weight maps do besides agreeing with their peers.</summary>
public class BesidesParityTests
{
    private static Dictionary<string, Func<GpuLoss.Modules.FusedLossModule>> Losses => new()
    {
        ["dice"] = () => Fused.DiceLoss(activation: Activation.Sigmoid),
        ["dice of a soft target"] = () => Fused.DiceLoss(soft_label: true),
        ["gdl"] = () => Fused.GeneralizedDiceLoss(activation: Activation.Sigmoid),
        ["tversky"] = () => Fused.TverskyLoss(activation: Activation.Sigmoid, smooth_nr: 0, smooth_dr: 0),
        ["ce"] = () => Fused.CrossEntropyLoss(label_smoothing: 0.1),
        ["top k"] = () => Fused.TopKCrossEntropyLoss(20),
        ["bce"] = () => Fused.BCEWithLogitsLoss(),
        ["focal"] = () => Fused.FocalLoss(1.5, 0.25, activation: Activation.Sigmoid),
    };

    public static TheoryData<string> Names => [.. Losses.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Where_nothing_counts_the_loss_and_its_gradient_are_0(string name)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var poison = full([2, 3, 6, 7], float.NaN).requires_grad_(true);
        var target = torch.nn.functional.softmax(randn([2, 3, 6, 7]), 1);
        using var criterion = Losses[name]();
        var loss = criterion.forward(poison, target, zeros([2, 1, 6, 7]));
        Assert.Equal(0, loss.item<float>());
        loss.backward();
        Assert.Equal(0, poison.grad!.abs().sum().item<float>());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void One_voxel_is_a_volume(string name)
    {
        using var scope = NewDisposeScope();
        manual_seed(9);
        var logits = randn([1, 3, 1]).requires_grad_(true);
        using var criterion = Losses[name]();
        var loss = criterion.forward(logits, torch.nn.functional.softmax(randn([1, 3, 1]), 1));
        loss.backward();
        Assert.True(float.IsFinite(loss.item<float>()) && logits.grad!.isfinite().all().item<bool>());
        Assert.True(logits.grad!.abs().max().item<float>() > 0);
    }

    [Theory]
    [InlineData(ScalarType.Float16, 2e-3)]
    [InlineData(ScalarType.BFloat16, 1.6e-2)]
    public void Sixteen_bit_logits_lose_nothing_but_the_rounding_of_their_gradient(ScalarType type, double half)
    {
        using var scope = NewDisposeScope();
        manual_seed(2);
        var logits = randn([2, 4, 9, 11]).to_type(type).requires_grad_(true);
        var exact = logits.detach().to_type(ScalarType.Float64).requires_grad_(true);
        var target = torch.nn.functional.softmax(randn([2, 4, 9, 11]), 1).to_type(type);
        var weights = rand([2, 1, 9, 11]);
        using var criterion = Fused.CompoundLoss(
            (1, Fused.DiceLoss(activation: Activation.Sigmoid, soft_label: true)), (2, Fused.BCEWithLogitsLoss()),
            (1, Fused.CrossEntropyLoss()));
        var actual = criterion.forward(logits, target, weights);
        var expected = criterion.forward(exact, target.to_type(ScalarType.Float64), weights.to_type(ScalarType.Float64));
        Assert.Equal(ScalarType.Float32, actual.dtype);
        Assert.Equal(expected.item<double>(), actual.item<float>(), 1e-6);
        (65536 * actual).backward();
        expected.backward();
        var scaled = logits.grad!.to_type(ScalarType.Float64) / 65536;
        Assert.InRange((scaled - exact.grad!).abs().max().item<double>(), 0, half * exact.grad!.abs().max().item<double>());
    }

    [Fact]
    public void Parts_of_a_volume_have_the_loss_and_the_gradient_of_the_whole()
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var logits = randn([2, 3, 8, 5], ScalarType.Float64).requires_grad_(true);
        var target = rand([2, 3, 8, 5], ScalarType.Float64);
        var weights = rand([2, 1, 8, 5], ScalarType.Float64);
        using var criterion = Fused.DiceLoss(activation: Activation.Sigmoid, soft_label: true, batch: true);
        var whole = criterion.forward(logits, target, weights);
        var expected = autograd.grad([whole], [logits])[0];

        var (first, second) = (logits.detach().narrow(2, 0, 3).requires_grad_(true), logits.detach().narrow(2, 3, 5));
        using var others = criterion.statistics(second, target.narrow(2, 3, 5), weights.narrow(2, 3, 5));
        var part = criterion.forward(first, target.narrow(2, 0, 3), others, weights.narrow(2, 0, 3));
        Assert.Equal(whole.item<double>(), part.item<double>(), 1e-14);
        var gradient = autograd.grad([part], [first])[0];
        Assert.InRange((gradient - expected.narrow(2, 0, 3)).abs().max().item<double>(), 0, 1e-14);
        using var top = Fused.TopKCrossEntropyLoss();
        Assert.Throws<NotSupportedException>(() => top.statistics(first, target.narrow(2, 0, 3)));
        using var mixed = Fused.DiceCELoss(activation: Activation.Sigmoid);
        Assert.Throws<NotSupportedException>(() => mixed.statistics(first, target.narrow(2, 0, 3)));
    }

    [Theory]
    [InlineData(Activation.Softmax, 4)]
    [InlineData(Activation.Sigmoid, 1)]
    [InlineData(Activation.Sigmoid, 3)]
    public void Metrics_come_with_the_loss(Activation activation, int classes)
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        var logits = randn([2, classes, 6, 7]).requires_grad_(true);
        var target = randint(Math.Max(2, classes), [2, 6, 7], dtype: ScalarType.Int64);
        using var criterion = Fused.DiceLoss(activation: activation);
        var (loss, metrics) = criterion.forward_with_metrics(logits, target);
        Assert.Equal(criterion.forward(logits, target).item<float>(), loss.item<float>(), 1e-6);
        loss.backward();
        Assert.NotNull(logits.grad);

        var x = logits.detach().to_type(ScalarType.Float64).flatten(2);
        var flat = target.flatten(1).unsqueeze(1);
        var t = (classes == 1 ? flat : flat.eq(arange(classes).reshape(1, -1, 1))).to_type(ScalarType.Float64);
        var soft = activation == Activation.Softmax ? torch.nn.functional.softmax(x, 1) : x.sigmoid();
        var hard = activation == Activation.Softmax
            ? x.argmax(1).unsqueeze(1).eq(arange(classes).reshape(1, -1, 1)).to_type(ScalarType.Float64)
            : x.gt(0).to_type(ScalarType.Float64);
        Tensor Dice(Tensor p) => 2 * (p * t).sum(2) / (p.sum(2) + t.sum(2));
        Assert.InRange((metrics.soft_dice - Dice(soft)).abs().max().item<double>(), 0, 1e-6);
        Assert.InRange((metrics.hard_dice - Dice(hard)).abs().max().item<double>(), 0, 1e-12);
        Assert.False(metrics.soft_dice.requires_grad);
        metrics.Dispose();
    }

    [Fact]
    public void Of_equal_logits_the_first_class_is_decided_for()
    {
        using var scope = NewDisposeScope();
        using var criterion = Fused.DiceLoss();
        var (_, metrics) = criterion.forward_with_metrics(zeros([1, 3, 4]), zeros([1, 4], dtype: ScalarType.Byte));
        Assert.Equal(1, metrics.hard_dice[0, 0].item<double>());
        Assert.True(double.IsNaN(metrics.hard_dice[0, 1].item<double>()));
    }

    [Fact]
    public void A_probability_of_one_half_is_not_decided_for()
    {
        using var scope = NewDisposeScope();
        using var criterion = Fused.DiceLoss(activation: Activation.Sigmoid);
        var (_, metrics) = criterion.forward_with_metrics(zeros([1, 1, 4]), ones([1, 4], dtype: ScalarType.Byte));
        Assert.Equal(0, metrics.hard_dice[0, 0].item<double>());
    }

    /// <summary>Of logits that are so far apart a type has a probability of 1. What is taken for 1 - p instead of 0 has the right
    /// size.</summary>
    [Theory]
    [InlineData(ScalarType.Float32, 17)]
    [InlineData(ScalarType.Float64, 37)]
    public void A_probability_that_is_rounded_to_one_has_a_focal_gradient(ScalarType type, double distance)
    {
        using var scope = NewDisposeScope();
        const int voxels = 32;
        var rest = 1 / (1 + Math.Exp(distance));
        var logits = stack([full([voxels], distance, type), zeros([voxels], type)]).unsqueeze(0).requires_grad_(true);
        using var criterion = Fused.FocalLoss(gamma: 1);
        criterion.forward(logits, zeros([1, voxels], dtype: ScalarType.Byte), ones([1, voxels], type)).backward();

        // p of the other class times (1 - p) - p · ln p, over two classes and all voxels.
        var expected = rest * 2 * rest / (2 * voxels);
        Assert.InRange(logits.grad![0, 1, 0].to_type(ScalarType.Float64).item<double>() / expected, 0.5, 2);
    }

    [Fact]
    public void The_product_form_is_not_smallest_at_a_soft_target_and_the_other_is()
    {
        using var scope = NewDisposeScope();
        manual_seed(5);
        var p = rand([1, 1, 50], ScalarType.Float64) * 0.8 + 0.1;
        var logits = p.log().sub((1 - p).log()).requires_grad_(true);
        double Slope(bool soft)
        {
            using var criterion = Fused.DiceLoss(activation: Activation.Sigmoid, soft_label: soft, smooth_nr: 0, smooth_dr: 0);
            var loss = criterion.forward(logits, p);
            if (soft)
                Assert.Equal(0, loss.item<double>(), 1e-12);
            return autograd.grad([loss], [logits])[0].abs().max().item<double>();
        }

        Assert.True(Slope(soft: false) > 1e-4);
        using var moved = Fused.DiceLoss(activation: Activation.Sigmoid, soft_label: true, smooth_nr: 0, smooth_dr: 0);
        foreach (var step in new[] { -1e-3, 1e-3 })
            Assert.True(moved.forward(logits.detach() + step, p).item<double>() > 1e-6);
        Slope(soft: true);
    }

    /// <summary>Equal terms are rounded in the same direction, again and again.</summary>
    [Theory]
    [InlineData(0.37f)]
    [InlineData(-2.1f)]
    [InlineData(5.3f)]
    public void Sums_of_equal_voxels_are_exact(float logit)
    {
        const int voxels = 1 << 18;
        using var scope = NewDisposeScope();
        var logits = full([1, 1, voxels], logit);
        var target = full([1, 1, voxels], 0.3f);
        using var sums = Fused.functional.overlap_statistics(logits, target, activation: Activation.Sigmoid);
        var p = 1 / (1 + Math.Exp(-(double)logit));
        Assert.InRange(sums.prediction.item<double>() / (p * voxels) - 1, -4e-7, 4e-7);
        Assert.InRange(sums.intersection.item<double>() / (p * 0.3f * voxels) - 1, -4e-7, 4e-7);
        Assert.InRange(sums.target.item<double>() / ((double)0.3f * voxels) - 1, -4e-7, 4e-7);
    }

    [Fact]
    public void Confident_voxels_keep_the_digits_of_their_cross_entropy()
    {
        using var scope = NewDisposeScope();
        var logits = full([1, 3, 64], -20f);
        logits.select(1, 1).zero_();
        using var criterion = Fused.CrossEntropyLoss();
        var actual = criterion.forward(logits.requires_grad_(true), ones([1, 64], dtype: ScalarType.Int64), ones([1, 64]));
        var expected = 2 * Math.Exp(-20);
        Assert.InRange(actual.item<float>() / expected - 1, -1e-6, 1e-6);
        actual.backward();
        Assert.All(logits.grad!.select(1, 1).contiguous().data<float>().ToArray(), slope =>
            Assert.InRange(-64 * slope / expected - 1, -1e-6, 1e-6));
    }

    [Fact]
    public void Confident_voxels_keep_the_digits_of_focal_loss_of_soft_targets()
    {
        using var scope = NewDisposeScope();
        var logits = full([1, 3, 64], -10f);
        logits.select(1, 1).zero_();
        var target = zeros([1, 3, 64]);
        target.select(1, 1).fill_(1);
        using var criterion = Fused.FocalLoss(gamma: 1, reduction: nn.Reduction.Sum);
        var rest = 2 * Math.Exp(-10) / (1 + 2 * Math.Exp(-10));
        Assert.InRange(criterion.forward(logits, target).item<float>() / (-64 * rest * Math.Log(1 - rest)) - 1, -1e-6, 1e-6);
    }

    [Fact]
    public void Equal_voxels_share_the_place_that_is_left()
    {
        using var scope = NewDisposeScope();
        var logits = zeros([1, 2, 10]).requires_grad_(true);
        var target = zeros([1, 10], dtype: ScalarType.Int64);
        using var criterion = Fused.TopKCrossEntropyLoss(30);
        var loss = criterion.forward(logits, target);
        Assert.Equal(Math.Log(2), loss.item<float>(), 1e-6);
        loss.backward();
        Assert.InRange((logits.grad![0, 0] + 0.05).abs().max().item<float>(), 0, 1e-7);
    }

    [Fact]
    public void Deep_supervision_resizes_soft_targets_and_masks()
    {
        using var scope = NewDisposeScope();
        manual_seed(6);
        var outputs = new[] { randn([1, 3, 8, 8]), randn([1, 3, 4, 4]) };
        var target = torch.nn.functional.softmax(randn([1, 3, 8, 8]), 1);
        var mask = rand([1, 1, 8, 8]);
        using var dice = Fused.DiceLoss(soft_label: true);
        using var criterion = Fused.DeepSupervisionLoss(dice, [1, 0.5]);
        var coarse = torch.nn.functional.interpolate(target, size: [4, 4], mode: InterpolationMode.NearestExact);
        var coarseMask = torch.nn.functional.interpolate(mask, size: [4, 4], mode: InterpolationMode.NearestExact);
        var expected = dice.forward(outputs[0], target, mask) + 0.5 * dice.forward(outputs[1], coarse, coarseMask);
        Assert.Equal(expected.item<float>(), criterion.forward(outputs, target, mask).item<float>(), 1e-6);
    }

    [Fact]
    public void An_own_loss_of_the_sums_takes_every_activation_and_mask()
    {
        using var scope = NewDisposeScope();
        manual_seed(7);
        var logits = randn([2, 3, 40], ScalarType.Float64).requires_grad_(true);
        var (target, weights) = (rand([2, 3, 40], ScalarType.Float64), rand([2, 40], ScalarType.Float64));
        using var own = Fused.OverlapLoss(
            (i, p, t) => (1 - (2 * i + 1e-5) / (p + t + 1e-5)).mean(), activation: Activation.Sigmoid, soft_label: true);
        using var dice = Fused.DiceLoss(activation: Activation.Sigmoid, soft_label: true);
        var (actual, expected) = (own.forward(logits, target, weights), dice.forward(logits, target, weights));
        Assert.Equal(expected.item<double>(), actual.item<double>(), 1e-14);
        var gradient = autograd.grad([expected], [logits])[0];
        Assert.InRange((autograd.grad([actual], [logits])[0] - gradient).abs().max().item<double>(), 0, 1e-16);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Second_derivatives_are_refused_and_first_ones_are_not(bool isSigmoid)
    {
        using var scope = NewDisposeScope();
        var weight = ones(1).requires_grad_(true);
        var fixedPart = randn([1, 2, 9]);
        using var criterion = Fused.DiceLoss(activation: isSigmoid ? Activation.Sigmoid : Activation.Softmax);
        var target = zeros([1, 9], dtype: ScalarType.Int64);
        var expected = autograd.grad([criterion.forward(fixedPart * weight, target)], [weight])[0];
        var gradient = autograd.grad([criterion.forward(fixedPart * weight, target)], [weight], create_graph: true)[0];
        Assert.Equal(expected.item<float>(), gradient.item<float>());
        Assert.True(gradient.requires_grad);
        Assert.ThrowsAny<Exception>(() => gradient.backward());
        Assert.Contains("second derivatives", Fused.last_backward_exception!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Bits_do_not_depend_on_the_number_of_threads(int classes)
    {
        using var scope = NewDisposeScope();
        manual_seed(8);
        var logits = randn([1, classes, 40, 40, 40]).requires_grad_(true);
        var target = rand([1, classes, 40, 40, 40]);
        using var criterion = Fused.DiceBCELoss(reduction: Reduction.Sum);
        var threads = get_num_threads();
        try
        {
            var results = Enumerable.Range(1, 3).Select(count =>
            {
                set_num_threads(count);
                var loss = criterion.forward(logits, target);
                return (loss.item<float>(), autograd.grad([loss], [logits])[0]);
            }).ToArray();
            Assert.All(results, result => Assert.Equal(results[0].Item1, result.Item1));
            Assert.All(results, result => Assert.True(results[0].Item2.eq(result.Item2).all().item<bool>()));
        }
        finally
        {
            set_num_threads(threads);
        }
    }
}
