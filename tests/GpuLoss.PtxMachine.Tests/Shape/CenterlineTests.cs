using GpuLoss.PtxMachine.Tests.PublicFace;
using GpuLossTests;
using TorchSharp;
using static TorchSharp.torch;
using Activation = GpuLoss.nn.Activation;
using Fused = GpuLoss.nn;

namespace GpuLoss.PtxMachine.Tests.Shape;

/// <summary>Centerline Dice with kernels for CUDA, against skeletons of torch's pooling in float64.</summary>
public class CenterlineTests : InPlaceOfHost
{
    public static TheoryData<int, int, Activation, bool, long[]> Cases => new()
    {
        { 1, 3, Activation.Softmax, false, [2, 3, 7, 13] },
        { 2, 3, Activation.Softmax, false, [1, 3, 5, 6, 11] },
        { 3, 6, Activation.Sigmoid, true, [2, 1, 13, 7, 5] },
        { 4, 0, Activation.Softmax, true, [2, 2, 5, 4, 3] },
        { 5, 1, Activation.Sigmoid, true, [1, 1, 3, 1, 30] },
        { 6, 2, Activation.None, false, [1, 3, 2, 3, 33] },
        { 7, 2, Activation.None, true, [1, 2, 1, 1] },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_loss_is_the_harmonic_mean_of_precision_and_sensitivity_of_skeletons(
        int seed, int iterations, Activation activation, bool background, long[] shape)
    {
        using var scope = NewDisposeScope();
        var (logits, target) = ShapeCase.Data(shape, seed, ScalarType.Float32);
        using var loss = Fused.SoftDiceclDiceLoss(iterations, 0.3, 0.5, background, activation: activation);
        OnShapes(() =>
        {
            ShapeCase.AssertEqual(loss, x => Both(x, target, activation, background, iterations, 0.3, 0.5), logits, target, 1e-6);
            return 0;
        });
    }

    [Fact]
    public void Soft_targets_have_soft_skeletons_and_ignored_voxels_are_empty()
    {
        using var scope = NewDisposeScope();
        var (logits, target) = ShapeCase.Data([2, 3, 6, 7], 5, ScalarType.Float32);
        var soft = torch.nn.functional.softmax(3 * randn([2, 3, 6, 7]), 1);
        using var loss = Fused.SoftDiceclDiceLoss(activation: Activation.Sigmoid);
        OnShapes(() =>
        {
            ShapeCase.AssertEqual(loss, x => Both(x, soft, Activation.Sigmoid, false, 3, 0.5, 1), logits, soft, 1e-6);
            return 0;
        });
        target[0, 4] = -100;
        var damaged = logits.detach().clone();
        damaged[0, TensorIndex.Colon, 4] = float.NaN;
        damaged.requires_grad_(true);
        (Tensor Value, Tensor Gradient) Run()
        {
            var value = loss.forward(damaged, target);
            return (value, autograd.grad([value], [damaged])[0]);
        }

        var ((value, gradient), (ofHost, gradientOfHost)) = (OnShapes(Run), Run());
        ShapeCase.AssertClose(ofHost, value, 1e-6, "value");
        ShapeCase.AssertClose(gradientOfHost, gradient, 1e-6, "gradient");
    }

    /// <summary>Equal voxels are many: which of them a minimum takes its slope to is the host's choice too.</summary>
    [Fact]
    public void Volumes_one_by_one_and_blocks_in_any_order_give_the_same_bits_and_the_slopes_of_the_host()
    {
        using var scope = NewDisposeScope();
        var (logits, target) = ShapeCase.Data([1, 2, 3, 6, 31], 3, ScalarType.Float32);
        logits = (logits.detach() * 2).round().sigmoid().requires_grad_(true);
        using var loss = Fused.SoftclDiceLoss(2, include_background: true, activation: Activation.None);
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

    private static Tensor Both(
        Tensor logits, Tensor target, Activation activation, bool background, int iterations, double alpha, double smooth)
    {
        var (centerline, dice) = ShapeReference.Centerline(logits, target, activation, background, iterations, smooth);
        return (1 - alpha) * dice + alpha * centerline;
    }
}
