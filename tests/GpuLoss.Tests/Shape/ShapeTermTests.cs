using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;

namespace GpuLossTests;

/// <summary>Losses of shapes as terms of a sum, and under deep supervision.</summary>
public class ShapeTermTests
{
    [Fact]
    public void A_sum_of_losses_is_the_sum_of_their_values_and_gradients()
    {
        using var scope = NewDisposeScope();
        var (logits, target) = ShapeCase.Data([2, 3, 9, 8], 3);
        target[0, 1] = -100;
        var mask = rand([2, 9, 8]) < 0.9;
        using var boundary = Fused.BoundaryLoss(include_background: false);
        using var lovasz = Fused.LovaszSoftmaxLoss();
        using var dice = Fused.DiceLoss();
        using var ce = Fused.CrossEntropyLoss();
        using var inner = Fused.CompoundLoss((2, Fused.DiceLoss()), (-0.5, Fused.LovaszSoftmaxLoss()));
        using var sum = Fused.CompoundLoss((1, inner), (0.25, Fused.BoundaryLoss(include_background: false)),
            (0.1, Fused.CrossEntropyLoss()));
        ShapeCase.AssertEqual(
            sum, x => 2 * dice.forward(x, target) - 0.5 * lovasz.forward(x, target) + 0.25 * boundary.forward(x, target) + 0.1
                * ce.forward(x, target),
            logits, target, 1e-12);
        var expected = 2 * dice.forward(logits, target, mask) - 0.5 * lovasz.forward(logits, target, mask) + 0.25
            * boundary.forward(logits, target, mask)
            + 0.1 * ce.forward(logits, target, mask);
        Assert.Equal(expected.item<double>(), sum.forward(logits, target, mask).item<double>(), 12);
        var (value, metrics) = sum.forward_with_metrics(logits, target);
        Assert.Equal(sum.forward(logits, target).item<double>(), value.item<double>(), 12);
        metrics.Dispose();
        using var alone = Fused.CompoundLoss((3, Fused.BoundaryLoss(include_background: false)));
        Assert.Equal(3 * boundary.forward(logits, target).item<double>(), alone.forward(logits, target).item<double>(), 12);
        Assert.Throws<NotSupportedException>(() => alone.forward_with_metrics(logits, target));
        Assert.Contains("LovaszSoftmaxLoss", Assert.Throws<NotSupportedException>(() => sum.statistics(logits, target)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_weight_may_change_between_steps()
    {
        using var scope = NewDisposeScope();
        var (logits, target) = ShapeCase.Data([1, 3, 9, 8], 3);
        using var dice = Fused.DiceLoss();
        using var boundary = Fused.BoundaryLoss();
        using var sum = Fused.CompoundLoss((1, Fused.DiceLoss()), (0, Fused.BoundaryLoss()));
        foreach (var share in (double[])[0, 0.01, 0.5])
        {
            using (var phased = sum.with_weight(1, share).with_weight(0, 1 - share))
            {
                ShapeCase.AssertEqual(
                    phased, x => (1 - share) * dice.forward(x, target) + share * boundary.forward(x, target), logits, target, 1e-12);
            }

            // Its terms are the first loss's, and still there.
            Assert.Equal(dice.forward(logits, target).item<double>(), sum.forward(logits, target).item<double>(), 12);
        }

        Assert.Equal("term", Assert.ThrowsAny<ArgumentException>(() => sum.with_weight(2, 1)).ParamName);
        Assert.Equal("weight", Assert.ThrowsAny<ArgumentException>(() => sum.with_weight(0, double.NaN)).ParamName);
        var other = sum.with_weight(0, 2);
        sum.Dispose();
        Assert.Throws<ObjectDisposedException>(() => other.forward(logits, target));
        Assert.Throws<ObjectDisposedException>(() => sum.with_weight(0, 1));
    }

    [Fact]
    public void Terms_agree_in_what_they_ignore_and_are_reduced()
    {
        using var other = Fused.BoundaryLoss(ignore_index: 255);
        using var unreduced = Fused.HausdorffDTLoss(reduction: torch.nn.Reduction.None);
        Assert.Contains("ignore_index", Assert.Throws<ArgumentException>(
            () => Fused.CompoundLoss((1, Fused.DiceLoss()), (1, other))).Message, StringComparison.Ordinal);
        Assert.Contains("reduced", Assert.Throws<ArgumentException>(
            () => Fused.CompoundLoss((1, Fused.DiceLoss()), (1, unreduced))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Deep_supervision_takes_them_with_a_mask()
    {
        using var scope = NewDisposeScope();
        var (fine, target) = ShapeCase.Data([1, 2, 8, 8], 3);
        var coarse = randn([1, 2, 4, 4], ScalarType.Float64);
        var mask = ones([1, 8, 8], dtype: ScalarType.Bool);
        mask[0, 3] = false;
        using var supervised = Fused.DeepSupervisionLoss(Fused.CompoundLoss((1, Fused.BoundaryLoss()), (1, Fused.SoftclDiceLoss())),
            [1, 0.5]);
        using var deep = Fused.DeepSupervisionLoss(Fused.LovaszSoftmaxLoss(), [1, 0]);
        Assert.True(supervised.forward([fine, coarse], target, mask).isfinite().item<bool>());
        Assert.Equal(
            Fused.functional.lovasz_softmax_loss(fine, target, mask: mask).item<double>(),
                deep.forward([fine, coarse], target, mask).item<double>(), 12);
    }

    [Fact]
    public void Half_precision_and_any_strides_are_taken()
    {
        using var scope = NewDisposeScope();
        var (logits, target) = ShapeCase.Data([2, 3, 7, 6, 5], 9, ScalarType.Float32);
        foreach (var type in new[] { ScalarType.Float16, ScalarType.BFloat16 })
        {
            var half = logits.detach().to_type(type).permute(0, 2, 3, 4, 1).contiguous().permute(0, 4, 1, 2, 3).requires_grad_(true);
            var wide = half.detach().to_type(ScalarType.Float32).requires_grad_(true);
            foreach (var loss in new Loss<Tensor, Tensor, Tensor>[]
            {
                Fused.BoundaryLoss(), Fused.HausdorffDTLoss(), Fused.LovaszSoftmaxLoss(), Fused.LovaszHingeLoss(), Fused.SoftclDiceLoss(),
                Fused.BlobLoss(Fused.DiceLoss()),
            })
            {
                var (value, expected) = (loss.forward(half, target.to_type(ScalarType.Int16).unsqueeze(1)), loss.forward(wide, target));
                Assert.Equal(ScalarType.Float32, value.dtype);
                Assert.Equal(expected.item<float>(), value.item<float>(), 1e-5 * Math.Abs(expected.item<float>()));
                var gradient = autograd.grad([value], [half])[0];
                Assert.Equal(type, gradient.dtype);
                ShapeCase.AssertClose(autograd.grad([expected], [wide])[0], gradient, 1e-2, "gradient");
            }
        }
    }

    [Fact]
    public void There_are_no_second_derivatives_and_none_is_needed_without_a_gradient()
    {
        using var scope = NewDisposeScope();
        var (logits, target) = ShapeCase.Data([1, 3, 6, 6], 3);
        using (no_grad())
        {
            foreach (var loss in new Loss<Tensor, Tensor, Tensor>[]
            {
                Fused.BoundaryLoss(), Fused.LogHausdorffDTLoss(), Fused.LovaszSoftmaxLoss(), Fused.SoftDiceclDiceLoss(),
                    Fused.BlobLoss(Fused.DiceLoss()),
            })
            {
                Assert.False(loss.forward(logits, target).requires_grad);
            }
        }

        Assert.False(Fused.functional.lovasz_hinge_loss(logits.detach(), target).requires_grad);
    }
}
