using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;

namespace GpuLossTests;

/// <summary>What the losses do at the edges of their definition, and as nodes of torch's graph.</summary>
public class BehaviourTests
{
    private static readonly int[] ThreadCounts = [1, 2, 3, 8, 2];

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Logits_that_are_not_numbers_make_the_loss_NaN(float logit)
    {
        var (logits, target) = Data();
        logits[0, 1, 2, 3] = logit;
        Assert.True(float.IsNaN(Fused.functional.dice_loss(logits, target).item<float>()));
        Assert.True(float.IsNaN(Fused.functional.dice_loss(logits, target, include_background: false).item<float>()));
        Assert.True(float.IsNaN(Fused.functional.cross_entropy_loss(logits, target).item<float>()));
        Assert.True(float.IsNaN(Fused.functional.generalized_dice_loss(logits, target).item<float>()));
    }

    [Fact]
    public void Minus_infinity_is_a_probability_of_zero()
    {
        var (logits, target) = Data();
        logits[0, 1, 2, 3] = float.NegativeInfinity;
        target[0, 2, 3] = 0;
        var leaf = logits.requires_grad_(true);
        var loss = Fused.functional.dice_ce_loss(leaf, target);
        Assert.True(float.IsFinite(loss.item<float>()));
        var gradient = autograd.grad([loss], [leaf])[0];
        Assert.Equal(0f, gradient[0, 1, 2, 3].item<float>());
        Assert.True(gradient.isfinite().all().item<bool>());
        target[0, 2, 3] = 1;
        Assert.Equal(float.PositiveInfinity, Fused.functional.cross_entropy_loss(logits, target).item<float>());
    }

    [Fact]
    public void Where_all_is_ignored_loss_and_gradient_are_zero()
    {
        var (logits, target) = Data();
        var leaf = logits.requires_grad_(true);
        var ignored = full_like(target, 255);
        foreach (var loss in new[]
        {
            Fused.functional.dice_loss(leaf, ignored, ignore_index: 255, smooth_nr: 0, smooth_dr: 0.1),
            Fused.functional.generalized_dice_loss(leaf, ignored, ignore_index: 255),
            Fused.functional.cross_entropy_loss(leaf, ignored, ignore_index: 255),
            Fused.functional.dice_ce_loss(leaf, ignored, ignore_index: 255),
        })
        {
            Assert.Equal(0f, loss.item<float>());
            Assert.Equal(0f, autograd.grad([loss], [leaf])[0].abs().max().item<float>());
        }
    }

    [Fact]
    public void What_lies_under_ignored_voxels_changes_nothing()
    {
        var (logits, target) = Data();
        target[0, 1] = -100;
        var before = Fused.functional.dice_ce_loss(logits, target).item<float>();
        logits[0, TensorIndex.Ellipsis, 1, TensorIndex.Colon] = float.NaN;
        var leaf = logits.requires_grad_(true);
        var loss = Fused.functional.dice_ce_loss(leaf, target);
        Assert.Equal(before, loss.item<float>());
        var gradient = autograd.grad([loss], [leaf])[0];
        Assert.True(gradient.isfinite().all().item<bool>());
        Assert.Equal(0f, gradient[0, TensorIndex.Ellipsis, 1, TensorIndex.Colon].abs().max().item<float>());
    }

    [Fact]
    public void An_ignored_voxel_has_no_gradient_where_the_loss_is_no_number_either()
    {
        var (logits, target) = Data();
        target[0, 1] = -100;
        logits[0, 1, 2, 3] = float.NaN;
        var leaf = logits.requires_grad_(true);
        var gradient = autograd.grad([Fused.functional.dice_ce_loss(leaf, target)], [leaf])[0];
        Assert.True(float.IsNaN(gradient[0, 1, 2, 3].item<float>()));
        Assert.Equal(0f, gradient[0, TensorIndex.Ellipsis, 1, TensorIndex.Colon].abs().max().item<float>());
    }

    [Fact]
    public void An_absent_class_follows_MONAI()
    {
        // 16 voxels of class 0 with a probability of 1e-3 for class 1, which is absent: MONAI 1.5 gives 0.9994.
        var odds = Math.Log(1e-3 / (1 - 1e-3));
        var logits = stack([zeros([16]), full([16], (float)odds)]).unsqueeze(0);
        var target = zeros([1, 16], dtype: ScalarType.Int64);
        Assert.Equal(0.9994, Fused.functional.dice_loss(logits, target, include_background: false).item<float>(), 4);
        Assert.Equal(0f, Fused.functional.generalized_dice_loss(logits, target, include_background: false).item<float>());

        // An absent class has the weight of a class that is there. P is 16 in all, I is 16 · 0.999: 1 - 2 · I / (16 + 16).
        Assert.Equal(0.001, Fused.functional.generalized_dice_loss(logits, target).item<float>(), 6);
    }

    [Fact]
    public void The_gradient_reaches_through_other_operations_and_strides()
    {
        var (logits, target) = Data();
        var wide = logits.permute(0, 2, 3, 1).contiguous().requires_grad_(true);
        var view = wide.permute(0, 3, 1, 2);
        Assert.False(view.is_contiguous());
        var factor = tensor(3f).requires_grad_(true);
        var gradients = autograd.grad(
            [Fused.functional.dice_ce_loss(view, target.unsqueeze(1)) * factor + Fused.functional.dice_loss(view, target)],
            [wide, factor]);

        var leaf = logits.detach().clone().requires_grad_(true);
        var expected = 3 * autograd.grad([Fused.functional.dice_ce_loss(leaf, target)], [leaf])[0]
            + autograd.grad([Fused.functional.dice_loss(leaf, target)], [leaf])[0];
        Assert.True(gradients[0].permute(0, 3, 1, 2).allclose(expected, rtol: 1e-5, atol: 1e-9));
        Assert.Equal(Fused.functional.dice_ce_loss(logits, target).item<float>(), gradients[1].item<float>());
    }

    [Fact]
    public void Without_a_gradient_to_take_there_is_no_graph()
    {
        var (logits, target) = Data();
        Assert.False(Fused.functional.dice_loss(logits, target).requires_grad);
        using (no_grad())
            Assert.False(Fused.functional.dice_loss(logits.requires_grad_(true), target).requires_grad);
        using (inference_mode())
            Fused.functional.dice_loss(randn([1, 11, 4]), zeros([1, 4], dtype: ScalarType.Int64)).Dispose();
        var leaf = randn([1, 11, 4]).requires_grad_(true);
        Fused.functional.dice_loss(leaf, zeros([1, 4], dtype: ScalarType.Int64)).backward();
        Assert.NotNull(leaf.grad);
    }

    [Fact]
    public void A_module_keeps_its_own_copy_of_the_weight()
    {
        var (logits, target) = Data();
        var weight = tensor(new[] { 1f, 2, 3 });
        using var criterion = Fused.CrossEntropyLoss(weight);
        var before = criterion.forward(logits, target).item<float>();
        weight.zero_();
        weight.Dispose();
        Assert.Equal(before, criterion.forward(logits, target).item<float>());
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void The_bits_do_not_depend_on_the_number_of_threads(ScalarType type)
    {
        var threads = get_num_threads();
        try
        {
            manual_seed(5);
            var logits = randn([2, 5, 40, 50, 61]).to_type(type).requires_grad_(true);
            var target = randint(5, [2, 40, 50, 61], dtype: ScalarType.Int64);
            var results = ThreadCounts.Select(count =>
            {
                set_num_threads(count);
                Assert.Equal(count, get_num_threads());
                var loss = Fused.functional.dice_ce_loss(logits, target);
                return (loss.item<float>(), autograd.grad([loss], [logits])[0]);
            }).ToArray();
            Assert.All(results, result => Assert.Equal(results[0].Item1, result.Item1));
            Assert.All(results, result => Assert.True(result.Item2.eq(results[0].Item2).all().item<bool>()));
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    [Fact]
    public void Eight_threads_at_once_get_what_one_gets()
    {
        var (logits, target) = Data();
        var expected = Fused.functional.dice_ce_loss(logits, target).item<float>();
        Parallel.For(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
        {
            using var scope = NewDisposeScope();
            var leaf = logits.detach().clone().requires_grad_(true);
            var loss = Fused.functional.dice_ce_loss(leaf, target);
            loss.backward();
            Assert.Equal(expected, loss.item<float>());
        });
    }

    private static (Tensor Logits, Tensor Target) Data()
    {
        manual_seed(3);
        return (randn([2, 3, 9, 7]), randint(3, [2, 9, 7], dtype: ScalarType.Int64));
    }
}
