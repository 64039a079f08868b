using GpuLoss.Modules;
using GpuLoss.PtxMachine.Tests.PublicFace;
using GpuLossTests;
using TorchSharp;
using static TorchSharp.torch;
using Activation = GpuLoss.nn.Activation;
using Fused = GpuLoss.nn;
using Reduction = TorchSharp.torch.nn.Reduction;

namespace GpuLoss.PtxMachine.Tests.Shape;

/// <summary>The distance transform and the losses of distances with kernels for CUDA, against all pairs of voxels in float64.</summary>
public class DistanceTests : InPlaceOfHost
{
    private static readonly double[] Anisotropic = [2.5, 0.5];

    public static TheoryData<long[], double[]?, double, bool> Grids => new()
    {
        { [1], null, 0.5, true },
        { [70], null, 0.7, false },
        { [300], [0.3], 0.98, true },
        { [9, 17], null, 0.6, true },
        { [33, 5], [2.5, 0.4], 0.9, true },
        { [1, 40], [1, 3], 0.95, false },
        { [6, 7, 8], null, 0.9, false },
        { [5, 19, 18], [3, 0.7, 1.1], 0.97, true },
        { [2, 1, 1], [4, 1, 1], 0.5, true },
    };

    public static TheoryData<int, Activation, bool, bool, Reduction> Options => new()
    {
        { 1, Activation.Softmax, true, false, Reduction.Mean },
        { 2, Activation.Sigmoid, false, true, Reduction.Sum },
        { 3, Activation.None, true, true, Reduction.None },
        { 4, Activation.Softmax, false, false, Reduction.None },
    };

    /// <summary>Squares of distances that are whole numbers are exact, and as the host has them: so are their roots.</summary>
    [Theory]
    [MemberData(nameof(Grids))]
    public void A_distance_is_that_to_the_nearest_of_all_voxels(long[] space, double[]? sampling, double density, bool isDouble)
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        var type = isDouble ? ScalarType.Float64 : ScalarType.Float32;
        var input = (rand([2, 2, .. space]) < density).to_type(type) * 7;
        var actual = OnShapes(() => Fused.functional.distance_transform_edt(input, sampling));
        Assert.Equal(type, actual.dtype);
        Assert.Equal(input.shape, actual.shape);
        var expected = ShapeReference.OfPlanes(
            input.flatten(2).eq(0).contiguous(), space, sampling, ShapeReference.DistancesTo).reshape(input.shape);
        var host = Fused.functional.distance_transform_edt(input, sampling);
        if (sampling is null)
            Assert.True(actual.Equals(host));
        Assert.True(allclose(actual.to_type(ScalarType.Float64), expected, isDouble ? 1e-12 : 1e-6, 1e-12));
        Assert.True(actual.Equals(OnShapes(
            () => Fused.functional.distance_transform_edt(input, sampling),
            new(new MachineOptions { Order = BlockOrder.Shuffled }, mostScratch: 1))));
    }

    [Fact]
    public void Where_nothing_is_zero_all_is_infinitely_far_and_where_all_is_nothing_is()
    {
        using var scope = NewDisposeScope();
        Assert.True(OnShapes(() => Fused.functional.distance_transform_edt(ones([1, 2, 3, 4, 5]))).isposinf().all().item<bool>());
        Assert.Equal(0f, OnShapes(() => Fused.functional.distance_transform_edt(zeros([1, 2, 3, 4, 5]))).abs().max().item<float>());
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void Losses_of_distances_are_their_formulas(int seed, Activation activation, bool background, bool batch, Reduction reduction)
    {
        using var scope = NewDisposeScope();
        var (sampling, alpha) = (seed % 2 == 0 ? Anisotropic : null, seed % 4 == 0 ? 1.5 : 2);
        var (logits, target) = ShapeCase.Data([2, 3, 7, 9], seed, ScalarType.Float32);
        target[0, 1] = -100;
        using var boundary = Fused.BoundaryLoss(background, batch, sampling, reduction: reduction, activation: activation);
        AssertEqual(boundary, x =>
        {
            var values = ShapeReference.Boundary(x, target, sampling, activation, background);
            return Reduce(batch ? values.mean([0]) : values, reduction);
        }, logits, target);
        Tensor Hausdorff(Tensor x)
        {
            var values = ShapeReference.Hausdorff(x, target, alpha, sampling, activation, background);
            values = batch ? values.mean([0], keepdim: true) : values;
            return Reduce(reduction == Reduction.None ? values.unsqueeze(-1).unsqueeze(-1) : values, reduction);
        }

        using var hausdorff = Fused.HausdorffDTLoss(alpha, background, batch, sampling, reduction: reduction, activation: activation);
        AssertEqual(hausdorff, Hausdorff, logits, target);
        using var logarithm = Fused.LogHausdorffDTLoss(alpha, background, batch, sampling, reduction: reduction, activation: activation);
        AssertEqual(logarithm, x => (Hausdorff(x) + 1).log(), logits, target);
    }

    [Theory]
    [InlineData(1, 3, 130)]
    [InlineData(2, 2, 4, 5, 6)]
    [InlineData(3, 1, 11, 12)]
    public void One_dimension_three_and_one_class_are_no_different(int seed, int classes, params int[] space)
    {
        using var scope = NewDisposeScope();
        var (logits, target) = ShapeCase.Data([2, classes, .. space.Select(size => (long)size)], seed, ScalarType.Float32);
        var (activation, background) = (classes == 1 ? Activation.Sigmoid : Activation.Softmax, classes == 1);
        using var boundary = Fused.BoundaryLoss(background, activation: activation);
        AssertEqual(boundary, x => ShapeReference.Boundary(x, target, null, activation, background).mean(), logits, target);
        using var hausdorff = Fused.HausdorffDTLoss(2, background, activation: activation);
        AssertEqual(hausdorff, x => ShapeReference.Hausdorff(x, target, 2, null, activation, background).mean(), logits, target);
    }

    [Fact]
    public void Probabilities_maps_made_before_and_absent_classes_are_taken()
    {
        using var scope = NewDisposeScope();
        var (logits, target) = ShapeCase.Data([2, 3, 6, 5], 8, ScalarType.Float32);
        var soft = torch.nn.functional.softmax(3 * randn([2, 3, 6, 5]), 1);
        using var boundary = Fused.BoundaryLoss(include_background: false, sampling: Anisotropic);
        using var hausdorff = Fused.HausdorffDTLoss(include_background: true);
        foreach (var of in (Tensor[])[soft, ones_like(target)])
        {
            AssertEqual(
                boundary, x => ShapeReference.Boundary(x, of, Anisotropic, Activation.Softmax, false).mean(), logits, of);
            AssertEqual(hausdorff, x => ShapeReference.Hausdorff(x, of, 2, null, Activation.Softmax, true).mean(), logits, of);
        }

        var mask = ones([2, 6, 5], dtype: ScalarType.Bool);
        mask[1, 3] = false;
        ShapeCase.AssertClose(
            hausdorff.forward(logits, soft, mask), OnShapes(() => hausdorff.forward(logits, soft, mask)), 1e-6, "value under a mask");

        var maps = OnShapes(() => Fused.functional.signed_distance_maps(target, 3, Anisotropic));
        ShapeCase.AssertClose(Fused.functional.signed_distance_maps(target, 3, Anisotropic), maps, 0, "maps");
    }

    /// <summary>A GPU is not waited for: what is wrong with a target is said later.</summary>
    [Fact]
    public void What_is_left_out_is_never_looked_at_and_a_wrong_label_is_told_of()
    {
        using var scope = NewDisposeScope();
        var (logits, target) = ShapeCase.Data([2, 3, 6, 6], 6, ScalarType.Float32);
        var mask = ones([2, 6, 6], dtype: ScalarType.Bool);
        mask[0, 3] = false;
        var ignored = where(mask, target, full_like(target, -100));
        var damaged = logits.detach().masked_fill(mask.logical_not().unsqueeze(1), float.NaN).requires_grad_(true);
        foreach (var loss in new ShapeLossModule[] { Fused.BoundaryLoss(), Fused.HausdorffDTLoss() })
        {
            var (one, other) = OnShapes(() => (loss.forward(logits, ignored), loss.forward(damaged, target, mask)));
            Assert.Equal(one.item<float>(), other.item<float>());
            var (ofOne, ofOther) = OnShapes(() => (autograd.grad([one], [logits])[0], autograd.grad([other], [damaged])[0]));
            Assert.True(ofOne.Equals(ofOther));
            Assert.Equal(0f, OnShapes(() => loss.forward(logits, full_like(target, -100))).item<float>());
            loss.Dispose();
        }

        var wrong = target.clone();
        wrong[0, 2, 3] = 7;
        var message = Assert.Throws<ArgumentException>(() => OnShapes(() =>
        {
            Fused.functional.boundary_loss(logits, wrong);
            Fused.check_labels(logits.device);
            return 0;
        })).Message;
        Assert.Contains("1 of 72", message, StringComparison.Ordinal);
        var wide = logits.to_type(ScalarType.Float64);
        message = Assert.Throws<ArgumentException>(() => OnShapes(() => Fused.functional.boundary_loss(wide, target))).Message;
        Assert.Contains("Float64", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Volumes_one_by_one_and_blocks_in_any_order_give_the_same_bits()
    {
        using var scope = NewDisposeScope();
        var (logits, target) = ShapeCase.Data([2, 2, 5, 17, 29], 3, ScalarType.Float32);
        target[1, 2] = -100;
        using var loss = Fused.HausdorffDTLoss(include_background: true, sampling: [0.3, 1.7, 1.1]);
        (Tensor Value, Tensor Gradient) Run()
        {
            var value = loss.forward(logits, target);
            return (value, autograd.grad([value], [logits])[0]);
        }

        var (first, again) = (OnShapes(Run), OnShapes(Run, new(new MachineOptions { Order = BlockOrder.Shuffled }, mostScratch: 1)));
        Assert.True(first.Value.Equals(again.Value));
        Assert.True(first.Gradient.Equals(again.Gradient));
        var (value, gradient) = Run();
        ShapeCase.AssertClose(value, first.Value, 1e-6, "value");
        ShapeCase.AssertClose(gradient, first.Gradient, 1e-6, "gradient");
    }

    private static Tensor Reduce(Tensor values, Reduction reduction) =>
        reduction switch { Reduction.Mean => values.mean(), Reduction.Sum => values.sum(), _ => values };

    private void AssertEqual(ShapeLossModule loss, Func<Tensor, Tensor> reference, Tensor logits, Tensor target) => OnShapes(() =>
    {
        ShapeCase.AssertEqual(loss, reference, logits, target, 1e-6);
        return 0;
    });
}
