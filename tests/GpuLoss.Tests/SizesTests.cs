using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;

namespace GpuLossTests;

/// <summary>From one voxel and two classes to a thousand classes and hundreds of samples.</summary>
public class SizesTests : HostPath
{
    [Theory]
    [InlineData(1, 2, 1)]
    [InlineData(1, 1000, 1)]
    [InlineData(1, 1000, 333)]
    [InlineData(2, 255, 100)]
    [InlineData(1, 256, 65)]
    [InlineData(1, 257, 64)]
    [InlineData(400, 3, 7)]
    [InlineData(300, 2, 1)]
    [InlineData(257, 17, 70)]
    public void Few_and_many_agree_with_float64(long samples, long classes, long voxels)
    {
        using var scope = NewDisposeScope();
        manual_seed(samples + classes + voxels);
        var logits = (3 * randn([samples, classes, voxels])).requires_grad_(true);
        var target = randint(classes, [samples, voxels], dtype: ScalarType.Int16);
        var loss = Fused.functional.dice_ce_loss(logits, target);
        var gradient = autograd.grad([loss], [logits])[0];

        var exact = logits.detach().to_type(ScalarType.Float64).requires_grad_(true);
        var expected = Reference.Dice(exact, target) + Reference.CrossEntropy(exact, target);
        var expectedGradient = autograd.grad([expected], [exact])[0];
        Assert.InRange(loss.item<float>() / expected.item<double>() - 1, -1e-6, 1e-6);

        // A gradient is p - t times something. A lone voxel may have p = t - 0.006 to within the rounding of p, which is relative to 1.
        var error = (gradient.to_type(ScalarType.Float64) - expectedGradient).abs().max().item<double>();
        Assert.InRange(error, 0, 1e-6 * Math.Max(expectedGradient.abs().max().item<double>(), 1.0 / (samples * voxels)));
    }
}
