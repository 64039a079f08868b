using TorchSharp;
using static TorchSharp.torch;
using Loss = TorchSharp.Loss<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;

namespace GpuLossTests;

/// <summary>What tests of losses of shapes share: data, comparisons, finite differences.</summary>
internal static class ShapeCase
{
    /// <summary>Logits and class indices with lumps of voxels of one class, as regions have.</summary>
    public static (Tensor Logits, Tensor Target) Data(long[] shape, int seed, ScalarType type = ScalarType.Float64, double spread = 2)
    {
        manual_seed(seed);
        var logits = (spread * randn(shape, dtype: ScalarType.Float64)).to_type(type).requires_grad_(true);
        var labels = randint(Math.Max(2, shape[1]), [shape[0], .. shape[2..]], dtype: ScalarType.Int64);
        for (var axis = 1; axis < labels.dim(); axis++)
            labels = where(rand(labels.shape) < 0.6, labels.roll(1, axis), labels);
        return (logits, labels);
    }

    /// <summary>Compares value and gradient with a reference's.</summary>
    public static void AssertEqual(Loss loss, Func<Tensor, Tensor> reference, Tensor logits, Tensor target, double tolerance)
    {
        using var value = loss.forward(logits, target);
        var expected = reference(logits);
        Assert.Equal(expected.shape, value.shape);
        AssertClose(expected, value, tolerance, "value");
        var weights = arange(1, value.numel() + 1, dtype: ScalarType.Float64).reshape(value.shape);
        var gradient = autograd.grad([(value.to_type(ScalarType.Float64) * weights).sum()], [logits])[0];
        var ofReference = autograd.grad([(expected * weights).sum()], [logits])[0];
        Assert.Equal(logits.dtype, gradient.dtype);
        AssertClose(ofReference, gradient, tolerance, "gradient");
    }

    /// <summary>Compares with the largest entry of what is expected.</summary>
    public static void AssertClose(Tensor expected, Tensor actual, double tolerance, string what)
    {
        var (a, b) = (expected.detach().to_type(ScalarType.Float64), actual.detach().to_type(ScalarType.Float64));
        var error = (a - b).abs().max().item<double>();
        Assert.True(error <= tolerance * Math.Max(1e-3, a.abs().max().item<double>()),
            $"{what}: off by {error:E2} of {a.abs().max().item<double>():E2}");
    }

    /// <summary>Central differences along random directions, in float64.</summary>
    public static void AssertSlopes(Loss loss, Tensor logits, Tensor target, double step = 1e-6, double tolerance = 1e-5)
    {
        var gradient = autograd.grad([loss.forward(logits, target)], [logits])[0];
        for (var direction = 0; direction < 4; direction++)
        {
            var along = randn_like(logits).detach();
            double At(double distance) => loss.forward((logits + distance * along).detach(), target).item<double>();
            var slope = (At(step) - At(-step)) / (2 * step);
            var expected = (gradient * along).sum().item<double>();
            Assert.InRange(slope - expected, -tolerance * (1e-3 + Math.Abs(expected)), tolerance * (1e-3 + Math.Abs(expected)));
        }
    }

    /// <summary>Tensors have the same bits whatever the number of threads.</summary>
    public static void AssertSameBitsOnAnyThreads(Func<Tensor[]> compute)
    {
        var threads = get_num_threads();
        try
        {
            set_num_threads(1);
            var expected = compute();
            foreach (var count in (int[])[2, 3, 8])
            {
                set_num_threads(count);
                Assert.All(compute().Zip(expected), pair => Assert.True(pair.First.Equals(pair.Second)));
            }
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    /// <summary>The value and the gradient of a loss have the same bits whatever the number of threads.</summary>
    public static void AssertSameBitsOnAnyThreads(Loss loss, Tensor logits, Tensor target) => AssertSameBitsOnAnyThreads(() =>
    {
        var value = loss.forward(logits, target);
        return [value, autograd.grad([value], [logits])[0]];
    });
}
