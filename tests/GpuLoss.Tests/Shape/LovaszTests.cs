using TorchSharp;
using static TorchSharp.torch;
using Activation = GpuLoss.nn.Activation;
using Classes = GpuLoss.nn.LovaszClasses;
using Fused = GpuLoss.nn;

namespace GpuLossTests;

/// <summary>Lovász losses against their definition by a sort, in float64.</summary>
public class LovaszTests
{
    public static TheoryData<int, Classes, int[]?, bool, ScalarType> Options => new()
    {
        { 1, Classes.Present, null, false, ScalarType.Float64 },
        { 2, Classes.Present, null, true, ScalarType.Float32 },
        { 3, Classes.All, null, false, ScalarType.Float32 },
        { 4, Classes.All, null, true, ScalarType.Float64 },
        { 5, Classes.Present, [1, 3], true, ScalarType.Float64 },
        { 6, Classes.All, [2], false, ScalarType.Float32 },
    };

    [Theory]
    [MemberData(nameof(Options))]
    public void Softmax_is_the_sum_of_sorted_errors(int seed, Classes classes, int[]? only, bool perImage, ScalarType type)
    {
        using var scope = NewDisposeScope();
        var (logits, target) = ShapeCase.Data([3, 5, 11, 13], seed, type);
        target = target.masked_fill(target.eq(4), 0);
        target[1, 2] = -100;
        target[2] = 2;
        var activation = seed % 2 == 0 ? Activation.Softmax : Activation.Sigmoid;
        if (type == ScalarType.Float32)
        {
            // The order of errors that differ by the rounding of a softmax is no part of the definition.
            logits = torch.nn.functional.softmax(logits, 1).detach().requires_grad_(true);
            activation = Activation.None;
        }

        using var loss = Fused.LovaszSoftmaxLoss(classes, only, perImage, activation: activation);
        ShapeCase.AssertEqual(
            loss, x => ShapeReference.Lovasz(
                x, target, activation, only ?? [0, 1, 2, 3, 4], only is null && classes == Classes.Present, perImage, hinge: false),
            logits, target,
            type == ScalarType.Float64 ? 1e-12 : 1e-6);
    }

    [Theory]
    [InlineData(1, 1, true, ScalarType.Float64)]
    [InlineData(2, 1, false, ScalarType.Float32)]
    [InlineData(3, 3, true, ScalarType.Float32)]
    [InlineData(4, 3, false, ScalarType.Float64)]
    public void Hinge_is_the_sum_of_sorted_hinge_errors(int seed, int classes, bool perImage, ScalarType type)
    {
        using var scope = NewDisposeScope();
        var (logits, target) = ShapeCase.Data([2, classes, 7, 9, 3], seed, type);
        target[1, 2] = -100;
        using var loss = Fused.LovaszHingeLoss(per_image: perImage);
        ShapeCase.AssertEqual(
            loss, x => ShapeReference.Lovasz(
                x, target, Activation.None, [.. Enumerable.Range(0, classes)], false, perImage, hinge: true), logits, target,
            type == ScalarType.Float64 ? 1e-12 : 1e-6);
    }

    [Fact]
    public void Many_voxels_are_sorted_by_several_threads_to_the_same_bits()
    {
        using var scope = NewDisposeScope();
        var (logits, target) = ShapeCase.Data([2, 3, 60, 50, 40], 9, ScalarType.Float32);
        using var loss = Fused.LovaszSoftmaxLoss();
        ShapeCase.AssertEqual(
            loss, x => ShapeReference.Lovasz(x, target, Activation.Softmax, [0, 1, 2], true, false, hinge: false), logits, target, 2e-6);
        ShapeCase.AssertSameBitsOnAnyThreads(loss, logits, target);
    }

    [Fact]
    public void Equal_errors_share_what_they_add_whatever_their_order()
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var logits = (randint(3, [1, 1, 400], dtype: ScalarType.Float64) - 1) / 4;
        var target = randint(2, [1, 400], dtype: ScalarType.Int64);
        var order = randperm(400, dtype: ScalarType.Int64);
        using var loss = Fused.LovaszSoftmaxLoss(Classes.All, only: [0], activation: Activation.Sigmoid);
        (Tensor Value, Tensor Gradient) Run(Tensor x, Tensor t)
        {
            var leaf = x.detach().requires_grad_(true);
            var value = loss.forward(leaf, t);
            return (value, autograd.grad([value], [leaf])[0]);
        }

        var (one, other) = (Run(logits, target), Run(logits.index_select(2, order), target.index_select(1, order)));
        Assert.Equal(one.Value.item<double>(), other.Value.item<double>());
        Assert.True(one.Gradient.index_select(2, order).Equals(other.Gradient));

        // The mean of the two orders that take the voxels of the class first and last among equals, each kind sharing.
        var p = logits.sigmoid();
        var (first, last) = (Shared(p, target, ofClassFirst: true), Shared(p, target, ofClassFirst: false));
        var slope = p * (1 - p);
        ShapeCase.AssertClose((first + last).reshape(logits.shape) / 2 * slope, one.Gradient, 1e-12, "gradient");
    }

    [Fact]
    public void A_group_of_equal_errors_may_be_as_large_as_the_volume()
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var logits = zeros([1, 2, 100_000]).requires_grad_(true);
        var target = (rand([1, 100_000]) < 0.3).to_type(ScalarType.Int64);
        target[0, TensorIndex.Slice(0, 60_000)] = 0;
        logits = cat([ones([1, 2, 5]) * tensor(new[] { 3f, -3f }).reshape([1, 2, 1]), logits.narrow(2, 5, 99_995)],
            2).detach().requires_grad_(true);
        using var loss = Fused.LovaszSoftmaxLoss();
        ShapeCase.AssertClose(
            ShapeReference.Lovasz(logits, target, Activation.Softmax, [0, 1], true, false, hinge: false), loss.forward(logits, target),
            1e-6, "value");
        var gradient = autograd.grad([loss.forward(logits, target)], [logits])[0];
        Assert.True(gradient.ne(0).all().item<bool>());
    }

    [Fact]
    public void The_gradient_is_the_slope_along_any_direction()
    {
        using var scope = NewDisposeScope();
        var (logits, target) = ShapeCase.Data([2, 3, 5, 6], 12);
        using var softmax = Fused.LovaszSoftmaxLoss();
        ShapeCase.AssertSlopes(softmax, logits, target, step: 1e-8, tolerance: 1e-4);
        using var hinge = Fused.LovaszHingeLoss();
        ShapeCase.AssertSlopes(hinge, logits, target, step: 1e-8, tolerance: 1e-4);
    }

    [Fact]
    public void The_edges_of_the_definition()
    {
        using var scope = NewDisposeScope();
        var (logits, target) = ShapeCase.Data([1, 3, 40], 2);

        // Of a class without voxels the value is the largest error; present leaves it out.
        var none = zeros_like(target);
        using var all = Fused.LovaszSoftmaxLoss(Classes.All, only: [2]);
        Assert.Equal(
            torch.nn.functional.softmax(logits, 1)[0, 2].max().item<double>(), all.forward(logits, none).item<double>(), 12);
        using var present = Fused.LovaszSoftmaxLoss();
        using var first = Fused.LovaszSoftmaxLoss(only: [0]);
        Assert.Equal(first.forward(logits, none).item<double>(), present.forward(logits, none).item<double>(), 12);

        // Perfect and certain predictions are worth 0, everything wrong and certain 1.
        var certain = 1e4 * torch.nn.functional.one_hot(target, 3).transpose(1, 2).to_type(ScalarType.Float64);
        Assert.Equal(0, present.forward(certain, target).item<double>());
        Assert.Equal(1, present.forward(-certain, target).item<double>(), 12);

        // All ignored: nothing is lost.
        var nothing = present.forward(logits, full_like(target, -100));
        Assert.Equal(0, nothing.item<double>());
        Assert.Equal(0, autograd.grad([nothing], [logits])[0].abs().max().item<double>());
        var poisoned = logits.detach().clone();
        poisoned[0, 1, 7] = double.NaN;
        var leaf = poisoned.requires_grad_(true);
        var lost = present.forward(leaf, target);
        Assert.True(double.IsNaN(lost.item<double>()));
        target[0, 7] = -100;
        var found = present.forward(leaf, target);
        Assert.True(double.IsFinite(found.item<double>()));
        Assert.True(autograd.grad([found], [leaf])[0].isfinite().all().item<bool>());
    }

    [Fact]
    public void A_mistake_is_named()
    {
        var (logits, target) = ShapeCase.Data([1, 3, 6, 6], 4);
        foreach (var only in new int[][] { [], [0, 0], [-1] })
            Assert.Equal("only", Assert.ThrowsAny<ArgumentException>(() => Fused.LovaszHingeLoss(only)).ParamName);
        Assert.Equal("only", Assert.ThrowsAny<ArgumentException>(() =>
            Fused.functional.lovasz_softmax_loss(logits, target, only: [3])).ParamName);
        Assert.Equal("classes", Assert.ThrowsAny<ArgumentException>(() => Fused.LovaszSoftmaxLoss((Classes)5)).ParamName);
        Assert.Equal("target", Assert.ThrowsAny<ArgumentException>(() => Fused.functional.lovasz_hinge_loss(logits, target + 3)).ParamName);
    }

    /// <summary>Slopes by p of one order among equal errors, shared within the voxels of the class of a group and within the
    /// others.</summary>
    private static Tensor Shared(Tensor p, Tensor target, bool ofClassFirst)
    {
        var (values, labels) = (p.data<double>().ToArray(), target.data<long>().ToArray());
        double Error(int i) => labels[i] == 1 ? 1 - values[i] : values[i];
        int[] order = [.. Enumerable.Range(0, values.Length).OrderByDescending(Error).ThenBy(i => labels[i] == 1 == ofClassFirst ? 0 : 1)];
        var all = labels.Count(label => label == 1);
        var (inside, outside, before) = (0, 0, 0.0);
        var slopes = new double[values.Length];
        var blocks = order.GroupBy(i => (Error(i), labels[i]));
        foreach (var block in blocks)
        {
            foreach (var i in block)
                (inside, outside) = labels[i] == 1 ? (inside + 1, outside) : (inside, outside + 1);
            var now = 1 - (double)(all - inside) / (all + outside);
            foreach (var i in block)
                slopes[i] = (now - before) / block.Count() * (labels[i] == 1 ? -1 : 1);
            before = now;
        }

        return tensor(slopes);
    }
}
