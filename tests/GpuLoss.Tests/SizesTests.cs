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

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void The_bits_do_not_depend_on_torchs_number_of_threads(ScalarType type)
    {
        using var scope = NewDisposeScope();
        manual_seed(2);
        var logits = randn([2, 5, 40, 50, 61]).to_type(type).requires_grad_(true);
        var target = randint(5, [2, 40, 50, 61], dtype: ScalarType.Int64);
        (float, Tensor) Run()
        {
            var loss = Fused.functional.dice_ce_loss(logits, target);
            return (loss.item<float>(), autograd.grad([loss], [logits])[0]);
        }

        var before = get_num_threads();
        try
        {
            set_num_threads(1);
            var (expected, expectedGradient) = Run();
            foreach (var threads in new[] { 2, 3, 8 })
            {
                set_num_threads(threads);
                Assert.Equal(threads, get_num_threads());
                var (loss, gradient) = Run();
                Assert.Equal(expected, loss);
                Assert.True(expectedGradient.equal(gradient).all().item<bool>());
            }
        }
        finally
        {
            set_num_threads(before);
        }
    }
}
