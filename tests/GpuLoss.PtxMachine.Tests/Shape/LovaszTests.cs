using GpuLoss.Modules;
using GpuLoss.PtxMachine.Tests.PublicFace;
using GpuLossTests;
using TorchSharp;
using static TorchSharp.torch;
using Activation = GpuLoss.nn.Activation;
using Classes = GpuLoss.nn.LovaszClasses;
using Fused = GpuLoss.nn;

namespace GpuLoss.PtxMachine.Tests.Shape;

/// <summary>Lovász losses with kernels for CUDA, against their definition by a sort in float64.</summary>
public class LovaszTests : InPlaceOfHost
{
    public static TheoryData<int, Classes, int[]?, bool, long[]> Options => new()
    {
        { 1, Classes.Present, null, false, [3, 5, 11, 13] },
        { 2, Classes.Present, null, true, [3, 5, 4, 5, 6] },
        { 3, Classes.All, null, false, [2, 5, 1100] },
        { 4, Classes.All, [2], true, [2, 5, 3, 1] },
        { 5, Classes.Present, [1, 3], true, [2, 5, 9, 4] },
    };

    [Theory]
    [MemberData(nameof(Options))]
    public void Softmax_is_the_sum_of_sorted_errors(int seed, Classes classes, int[]? only, bool perImage, long[] shape)
    {
        using var scope = NewDisposeScope();
        var (logits, target) = ShapeCase.Data(shape, seed, ScalarType.Float32);
        target = target.masked_fill(target.eq(4), 0);
        target[1, 2] = -100;

        // The order of errors that differ by the rounding of a softmax is no part of the definition.
        logits = torch.nn.functional.softmax(logits, 1).detach().requires_grad_(true);
        using var loss = Fused.LovaszSoftmaxLoss(classes, only, perImage, activation: Activation.None);
        AssertEqual(
            loss, x => ShapeReference.Lovasz(
                x, target, Activation.None, only ?? [0, 1, 2, 3, 4], only is null && classes == Classes.Present, perImage, hinge: false),
            logits, target);
    }

    [Theory]
    [InlineData(1, 1, true)]
    [InlineData(2, 3, false)]
    public void Hinge_is_the_sum_of_sorted_hinge_errors(int seed, int classes, bool perImage)
    {
        using var scope = NewDisposeScope();
        var (logits, target) = ShapeCase.Data([2, classes, 7, 9, 3], seed, ScalarType.Float32);
        target[1, 2] = -100;
        using var loss = Fused.LovaszHingeLoss(per_image: perImage);
        AssertEqual(
            loss, x => ShapeReference.Lovasz(x, target, Activation.None, [.. Enumerable.Range(0, classes)], false, perImage, hinge: true),
            logits, target);
    }

    [Fact]
    public void Equal_errors_share_what_they_add_whatever_their_order_and_that_of_the_blocks()
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var logits = (randint(3, [1, 1, 2500], dtype: ScalarType.Float32) - 1) / 4;
        var target = randint(2, [1, 2500], dtype: ScalarType.Int64);
        var order = randperm(2500, dtype: ScalarType.Int64);
        using var loss = Fused.LovaszSoftmaxLoss(Classes.All, only: [0], activation: Activation.Sigmoid);
        (Tensor Value, Tensor Gradient) Run(Tensor x, Tensor t)
        {
            var leaf = x.detach().requires_grad_(true);
            var value = loss.forward(leaf, t);
            return (value, autograd.grad([value], [leaf])[0]);
        }

        var one = OnShapes(() => Run(logits, target));
        var other = OnShapes(
            () => Run(logits.index_select(2, order), target.index_select(1, order)),
            new(new MachineOptions { Order = BlockOrder.Backward }));
        ShapeCase.AssertClose(one.Value, other.Value, 1e-7, "value");
        Assert.True(one.Gradient.index_select(2, order).Equals(other.Gradient));
        var again = OnShapes(() => Run(logits, target), new(new MachineOptions { Order = BlockOrder.Shuffled }));
        Assert.True(one.Value.Equals(again.Value));
        Assert.True(one.Gradient.Equals(again.Gradient));
        var host = Run(logits, target);
        ShapeCase.AssertClose(host.Value, one.Value, 1e-6, "value");
        ShapeCase.AssertClose(host.Gradient, one.Gradient, 1e-6, "gradient");
    }

    [Fact]
    public void The_edges_of_the_definition()
    {
        using var scope = NewDisposeScope();
        var (logits, target) = ShapeCase.Data([1, 3, 40], 2, ScalarType.Float32);
        using var all = Fused.LovaszSoftmaxLoss(Classes.All, only: [2]);
        using var present = Fused.LovaszSoftmaxLoss();
        using var first = Fused.LovaszSoftmaxLoss(only: [0]);
        var none = zeros_like(target);
        Assert.Equal(
            torch.nn.functional.softmax(logits, 1)[0, 2].max().item<float>(), OnShapes(() => all.forward(logits, none)).item<float>(), 6);
        Assert.Equal(
            OnShapes(() => first.forward(logits, none)).item<float>(), OnShapes(() => present.forward(logits, none)).item<float>(), 6);
        var (nothing, gradient) = OnShapes(() =>
        {
            var value = present.forward(logits, full_like(target, -100));
            return (value, autograd.grad([value], [logits])[0]);
        });
        Assert.Equal(0f, nothing.item<float>());
        Assert.Equal(0f, gradient.abs().max().item<float>());
        var poisoned = logits.detach().clone();
        poisoned[0, 1, 7] = float.NaN;
        var leaf = poisoned.requires_grad_(true);
        (Tensor Value, Tensor Gradient) Run()
        {
            var value = present.forward(leaf, target);
            return (value, autograd.grad([value], [leaf])[0]);
        }

        var lost = OnShapes(Run);
        Assert.True(float.IsNaN(lost.Value.item<float>()));
        Assert.True(lost.Gradient.isnan().all().item<bool>());
        target[0, 7] = -100;
        var found = OnShapes(Run);
        Assert.True(float.IsFinite(found.Value.item<float>()));
        Assert.True(found.Gradient.isfinite().all().item<bool>());
    }

    private void AssertEqual(ShapeLossModule loss, Func<Tensor, Tensor> reference, Tensor logits, Tensor target) => OnShapes(() =>
    {
        ShapeCase.AssertEqual(loss, reference, logits, target, 1e-6);
        return 0;
    });
}
