using TorchSharp;
using static TorchSharp.torch;
using Activation = GpuLoss.nn.Activation;
using Fused = GpuLoss.nn;
using Reduction = TorchSharp.torch.nn.Reduction;

namespace GpuLossTests;

/// <summary>Boundary loss and Hausdorff losses against all pairs of voxels, in float64.</summary>
public class DistanceLossTests
{
    private static readonly double[] Anisotropic = [2.5, 0.5];

    public static TheoryData<int, Activation, bool, bool, Reduction> Options
    {
        get
        {
            var data = new TheoryData<int, Activation, bool, bool, Reduction>();
            var seed = 0;
            foreach (var activation in Enum.GetValues<Activation>())
            {
                foreach (var reduction in Enum.GetValues<Reduction>())
                {
                    data.Add(++seed, activation, true, false, reduction);
                    data.Add(++seed, activation, false, true, reduction);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void Boundary_loss_is_the_mean_of_p_times_signed_distance(int seed, Activation activation, bool background, bool batch,
        Reduction reduction)
    {
        using var scope = NewDisposeScope();
        var (sampling, type) = (seed % 2 == 0 ? Anisotropic : null, seed % 3 == 0 ? ScalarType.Float32 : ScalarType.Float64);
        var (logits, target) = ShapeCase.Data([2, 3, 7, 9], seed, type);
        target[0, 1] = -100;
        using var loss = Fused.BoundaryLoss(background, batch, sampling, reduction: reduction, activation: activation);
        ShapeCase.AssertEqual(loss, x =>
        {
            var values = ShapeReference.Boundary(x, target, sampling, activation, background);
            return Reduce(batch ? values.mean([0]) : values, reduction);
        }, logits, target, type == ScalarType.Float64 ? 1e-12 : 1e-6);
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void The_Hausdorff_loss_weighs_squares_of_errors_by_distances(int seed, Activation activation, bool background, bool batch,
        Reduction reduction)
    {
        using var scope = NewDisposeScope();
        var (sampling, type) = (seed % 2 == 0 ? Anisotropic : null, seed % 3 == 0 ? ScalarType.Float32 : ScalarType.Float64);
        var alpha = seed % 4 == 0 ? 1.5 : 2;
        var (logits, target) = ShapeCase.Data([2, 3, 7, 9], seed, type);
        target[1, 2] = -100;
        Tensor Expected(Tensor x)
        {
            var values = ShapeReference.Hausdorff(x, target, alpha, sampling, activation, background);
            values = batch ? values.mean([0], keepdim: true) : values;
            return Reduce(reduction == Reduction.None ? values.unsqueeze(-1).unsqueeze(-1) : values, reduction);
        }

        var tolerance = type == ScalarType.Float64 ? 1e-12 : 1e-6;
        using var loss = Fused.HausdorffDTLoss(alpha, background, batch, sampling, reduction: reduction, activation: activation);
        ShapeCase.AssertEqual(loss, Expected, logits, target, tolerance);
        using var logarithm = Fused.LogHausdorffDTLoss(alpha, background, batch, sampling, reduction: reduction, activation: activation);
        ShapeCase.AssertEqual(logarithm, x => (Expected(x) + 1).log(), logits, target, tolerance);
    }

    [Theory]
    [InlineData(1, 3, 40)]
    [InlineData(2, 2, 4, 5, 6)]
    [InlineData(3, 1, 11, 12)]
    public void One_dimension_three_and_one_class_are_no_different(int seed, int classes, params int[] space)
    {
        using var scope = NewDisposeScope();
        var (logits, target) = ShapeCase.Data([2, classes, .. space.Select(size => (long)size)], seed);
        var (activation, background) = (classes == 1 ? Activation.Sigmoid : Activation.Softmax, classes == 1);
        using var boundary = Fused.BoundaryLoss(background, activation: activation);
        ShapeCase.AssertEqual(boundary, x => ShapeReference.Boundary(x, target, null, activation, background).mean(), logits, target,
            1e-12);
        using var hausdorff = Fused.HausdorffDTLoss(2, background, activation: activation);
        ShapeCase.AssertEqual(hausdorff, x => ShapeReference.Hausdorff(x, target, 2, null, activation, background).mean(), logits, target,
            1e-12);
        ShapeCase.AssertSlopes(boundary, logits, target);
        ShapeCase.AssertSlopes(hausdorff, logits, target, step: 1e-7);
    }

    [Fact]
    public void Probabilities_are_taken_for_the_class_above_a_half_and_counted_as_they_are()
    {
        using var scope = NewDisposeScope();
        var (logits, _) = ShapeCase.Data([2, 3, 6, 5], 8);
        var soft = torch.nn.functional.softmax(3 * randn([2, 3, 6, 5], dtype: ScalarType.Float64), 1);
        using var boundary = Fused.BoundaryLoss();
        ShapeCase.AssertEqual(boundary, x => ShapeReference.Boundary(x, soft, null, Activation.Softmax, true).mean(), logits, soft, 1e-12);
        using var hausdorff = Fused.HausdorffDTLoss(include_background: true);
        ShapeCase.AssertEqual(hausdorff, x => ShapeReference.Hausdorff(x, soft, 2, null, Activation.Softmax, true).mean(), logits, soft,
            1e-12);
    }

    [Fact]
    public void Maps_made_before_give_the_same_loss()
    {
        using var scope = NewDisposeScope();
        var (logits, target) = ShapeCase.Data([2, 3, 8, 7], 3);
        using var loss = Fused.BoundaryLoss(include_background: false, sampling: Anisotropic);
        var maps = Fused.functional.signed_distance_maps(target, 3, Anisotropic);
        Assert.Equal(logits.shape, maps.shape);
        var (before, now) = (loss.forward_with_maps(logits, maps), loss.forward(logits, target));
        ShapeCase.AssertClose(now, before, 1e-6, "value");
        ShapeCase.AssertClose(autograd.grad([now], [logits])[0], autograd.grad([before], [logits])[0], 1e-6, "gradient");
        Assert.Equal(
            "distance_maps", Assert.ThrowsAny<ArgumentException>(() => loss.forward_with_maps(logits, maps.narrow(1, 0, 2))).ParamName);
        Assert.Equal("distance_maps", Assert.ThrowsAny<ArgumentException>(() => loss.forward_with_maps(logits, maps / 0)).ParamName);
    }

    [Fact]
    public void A_class_that_is_absent_or_everywhere_has_no_boundary()
    {
        using var scope = NewDisposeScope();
        var (logits, _) = ShapeCase.Data([1, 3, 6, 6], 4);
        var one = ones([1, 6, 6], dtype: ScalarType.Int64);
        var boundary = Fused.functional.boundary_loss(logits, one);
        Assert.Equal(0, boundary.item<double>());
        Assert.Equal(0, autograd.grad([boundary], [logits])[0].abs().max().item<double>());

        // The target has no boundary either, but the prediction may.
        using var hausdorff = Fused.HausdorffDTLoss();
        ShapeCase.AssertEqual(hausdorff, x => ShapeReference.Hausdorff(x, one, 2, null, Activation.Softmax, false).mean(), logits, one,
            1e-12);
        Assert.True(hausdorff.forward(logits, one).item<double>() > 0);
        var certain = zeros([1, 3, 6, 6]);
        certain[0, 1] = 100;
        Assert.Equal(0f, Fused.functional.log_hausdorff_dt_loss(certain, one).item<float>());
    }

    [Fact]
    public void What_is_ignored_or_masked_is_never_looked_at()
    {
        using var scope = NewDisposeScope();
        var (logits, target) = ShapeCase.Data([2, 3, 6, 6], 6, ScalarType.Float32);
        var mask = ones([2, 6, 6], dtype: ScalarType.Bool);
        mask[0, 3] = false;
        mask[1, TensorIndex.Ellipsis, 2] = false;
        var ignored = where(mask, target, full_like(target, -100));
        var damaged = logits.detach().clone();
        damaged.masked_fill_(mask.logical_not().unsqueeze(1), float.NaN);
        damaged.requires_grad_(true);
        foreach (var loss in new GpuLoss.Modules.ShapeLossModule[] { Fused.BoundaryLoss(), Fused.HausdorffDTLoss(),
            Fused.LogHausdorffDTLoss() })
        {
            var (one, other) = (loss.forward(logits, ignored), loss.forward(damaged, target, mask));
            Assert.Equal(one.item<float>(), other.item<float>());
            var (ofOne, ofOther) = (autograd.grad([one], [logits])[0], autograd.grad([other], [damaged])[0]);
            Assert.True(ofOne.Equals(ofOther));
            Assert.Equal(0f, (ofOne * mask.logical_not().unsqueeze(1)).abs().max().item<float>());
            var nothing = loss.forward(logits, full_like(target, -100));
            Assert.Equal(0f, nothing.item<float>());
            Assert.Equal(0f, autograd.grad([nothing], [logits])[0].abs().max().item<float>());
            var poisoned = logits.detach().clone();
            poisoned[0, 1, 2, 3] = float.NaN;
            Assert.True(float.IsNaN(loss.forward(poisoned, target).item<float>()));
            loss.Dispose();
            Assert.Throws<ObjectDisposedException>(() => loss.forward(logits, target));
        }
    }

    [Fact]
    public void A_mistake_is_named()
    {
        var (logits, target) = ShapeCase.Data([1, 3, 6, 6], 4);
        Assert.Equal("sampling", Assert.ThrowsAny<ArgumentException>(() => Fused.BoundaryLoss(sampling: [1, 0])).ParamName);
        Assert.Equal("sampling", Assert.ThrowsAny<ArgumentException>(() =>
            Fused.functional.hausdorff_dt_loss(logits, target, sampling: [1, 1, 1])).ParamName);
        Assert.Equal("alpha", Assert.ThrowsAny<ArgumentException>(() => Fused.HausdorffDTLoss(alpha: 0)).ParamName);
        Assert.Equal("logits", Assert.ThrowsAny<ArgumentException>(
            () => Fused.functional.boundary_loss(logits.narrow(1, 0, 1), target)).ParamName);
        var wrong = target.clone();
        wrong[0, 2, 3] = 7;
        Assert.Contains("7 at [0, 2, 3]", Assert.ThrowsAny<ArgumentException>(() => Fused.functional.boundary_loss(logits, wrong)).Message,
            StringComparison.Ordinal);
        Assert.Equal("mask", Assert.ThrowsAny<ArgumentException>(() =>
            Fused.functional.boundary_loss(logits, target, mask: ones([1, 6, 6]))).ParamName);
        Assert.Contains("CPU", Assert.Throws<NotSupportedException>(
            () => Fused.functional.boundary_loss(logits.to(META), target.to(META))).Message, StringComparison.Ordinal);
    }

    private static Tensor Reduce(Tensor values, Reduction reduction) =>
        reduction switch { Reduction.Mean => values.mean(), Reduction.Sum => values.sum(), _ => values };
}
