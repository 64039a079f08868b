using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;

namespace GpuLossTests;

/// <summary>Element types and strides: what the tensors hold decides the result, not how or where they hold it.</summary>
public class TypesAndLayoutsTests : HostPath
{
    private static readonly ScalarType[] LogitsTypes = [ScalarType.Float32, ScalarType.Float64, ScalarType.Float16, ScalarType.BFloat16];
    private static readonly ScalarType[] LabelTypes =
        [ScalarType.Byte, ScalarType.Int8, ScalarType.Int16, ScalarType.Int32, ScalarType.Int64];

    /// <summary>Ways to hold the same [N, C, A, B, W] values at other addresses.</summary>
    private static readonly Dictionary<string, Func<Tensor, Tensor>> LogitsLayouts = new()
    {
        ["contiguous"] = x => x.contiguous(),
        ["channels last"] = x => x.permute(0, 2, 3, 4, 1).contiguous().permute(0, 4, 1, 2, 3),
        ["batch last"] = x => x.permute(1, 2, 3, 4, 0).contiguous().permute(4, 0, 1, 2, 3),
        ["rows of a larger volume"] = x => Inside(x, 2, 3),
        ["planes of a larger volume"] = x => Inside(x, 3),
        ["classes of a larger tensor"] = x => Inside(x, 1),
        ["part of every row"] = x => Inside(x, 4),
        ["spatial axes swapped"] = x => x.transpose(2, 4).contiguous().transpose(2, 4),
        ["every second voxel"] = x => cat([x.unsqueeze(5), zeros_like(x).unsqueeze(5)], 5).select(5, 0),
        ["off by one element"] = x => cat([zeros(1, dtype: x.dtype), x.flatten()])[TensorIndex.Slice(1)].reshape(x.shape),
    };

    private static readonly Dictionary<string, Func<Tensor, Tensor>> LabelLayouts = new()
    {
        ["contiguous"] = t => t.contiguous(),
        ["spatial axes swapped"] = t => t.transpose(1, 3).contiguous().transpose(1, 3),
        ["rows of a larger volume"] = t => Inside(t, 1, 2),
        ["with a channel"] = t => t.unsqueeze(1),
    };

    public static TheoryData<ScalarType> Types => [.. LogitsTypes];

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_type_of_logits_and_labels_agrees_with_float64(ScalarType type)
    {
        foreach (var labelType in LabelTypes)
        {
            foreach (var shape in new long[][] { [1, 2, 700], [2, 5, 9, 31], [1, 4, 8, 8, 9], [1, 3, 2, 3, 4, 5, 6] })
            {
                using var scope = NewDisposeScope();
                manual_seed(3);
                var logits = (2 * randn(shape)).to_type(type).requires_grad_(true);
                var target = randint(shape[1], [shape[0], .. shape[2..]], dtype: labelType);

                // A negative label where the type has one, inside a full register and in what is left behind the last one.
                var ignore = labelType == ScalarType.Byte ? 200 : -100;
                target.flatten()[3] = ignore;
                target.flatten()[-1] = ignore;
                using var criterion = Fused.DiceCELoss(ignore_index: ignore);
                var loss = criterion.forward(logits, target);
                var gradient = autograd.grad([loss], [logits])[0];

                var exact = logits.detach().to_type(ScalarType.Float64).requires_grad_(true);
                var expected = Reference.Dice(exact, target, ignore: ignore) + Reference.CrossEntropy(exact, target, ignore: ignore);
                var expectedGradient = autograd.grad([expected], [exact])[0];

                // Sums are wide for every type; a 16-bit gradient is rounded once, at its own precision.
                var (loose, fine) = type == ScalarType.Float64 ? (1e-12, 1e-12) : (1e-6, 1e-6);
                var rounding = type == ScalarType.Float16 ? 1.0 / 2048 : type == ScalarType.BFloat16 ? 1.0 / 256 : 0;
                Assert.Equal(type == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32, loss.dtype);
                Assert.Equal(type, gradient.dtype);
                Assert.InRange(loss.to_type(ScalarType.Float64).item<double>() / expected.item<double>() - 1, -loose, loose);
                var error = (gradient.to_type(ScalarType.Float64) - expectedGradient).abs();
                var largest = expectedGradient.abs().max();
                var smallestHalf = type == ScalarType.Float16 ? Math.Pow(2, -25) : 0;
                var allowed = rounding * expectedGradient.abs() + fine * largest + smallestHalf;
                Assert.True(error.le(allowed).all().item<bool>(),
                    $"{type}, {labelType}, [{string.Join(", ", shape)}]: {error.max().item<double>()}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void The_bits_do_not_depend_on_where_the_tensors_lie(ScalarType type)
    {
        foreach (var size in new long[][] { [2, 3, 5, 7, 70], [1, 4, 3, 4, 64], [3, 2, 2, 3, 1], [2, 20, 1, 5, 9] })
        {
            using var scope = NewDisposeScope();
            manual_seed(5);
            var logits = randn(size).to_type(type);
            var target = randint(size[1], [size[0], .. size[2..]], dtype: ScalarType.Int64);
            target[0, 0, 1, 0] = -100;
            var (expected, expectedGradient) = Run(logits, target);
            foreach (var (logitsName, ofLogits) in LogitsLayouts)
            {
                foreach (var (labelsName, ofLabels) in LabelLayouts)
                {
                    var placed = ofLogits(logits);
                    Assert.True(placed.equal(logits).all().item<bool>());
                    var (loss, gradient) = Run(placed, ofLabels(target));
                    Assert.True(
                        expected == loss && expectedGradient.equal(gradient).all().item<bool>(),
                        $"{type} [{string.Join(", ", size)}], logits {logitsName}, labels {labelsName}: {loss:R} for {expected:R}");
                }
            }
        }
    }

    [Fact]
    public void The_gradient_has_the_strides_of_dense_logits()
    {
        using var scope = NewDisposeScope();
        var logits = randn([2, 4, 3, 5, 6]).permute(0, 2, 3, 4, 1).contiguous().permute(0, 4, 1, 2, 3).requires_grad_(true);
        var target = randint(4, [2, 3, 5, 6], dtype: ScalarType.Byte);
        var gradient = autograd.grad([Fused.functional.dice_ce_loss(logits, target)], [logits])[0];
        Assert.False(logits.is_contiguous());
        Assert.Equal(logits.stride(), gradient.stride());
    }

    [Fact]
    public void Expanded_logits_get_the_sum_of_the_gradients()
    {
        using var scope = NewDisposeScope();
        manual_seed(6);
        var one = randn([1, 3, 4, 1]).requires_grad_(true);
        var target = randint(3, [2, 4, 5], dtype: ScalarType.Int64);
        var gradient = autograd.grad([Fused.functional.cross_entropy_loss(one.expand(2, 3, 4, 5), target)], [one])[0];
        var exact = one.detach().to_type(ScalarType.Float64).requires_grad_(true);
        var expected = autograd.grad([Reference.CrossEntropy(exact.expand(2, 3, 4, 5), target)], [exact])[0];
        Assert.True((gradient - expected).abs().max().item<double>() <= 1e-6 * expected.abs().max().item<double>());
    }

    [Fact]
    public void Sums_of_half_precision_logits_do_not_overflow()
    {
        // 100,000 voxels of class 0: more than float16 can count, and 65,504 is its largest number.
        using var scope = NewDisposeScope();
        var logits = zeros([1, 2, 100_000], dtype: ScalarType.Float16).requires_grad_(true);
        var target = zeros([1, 100_000], dtype: ScalarType.Byte);
        var loss = Fused.functional.dice_ce_loss(logits, target);
        var dice = (1 - 2 * 50_000.0 / 150_000 + 1) / 2;
        Assert.Equal(dice + Math.Log(2), loss.item<float>(), 1e-6);
    }

    private static Tensor Inside(Tensor tensor, params int[] axes)
    {
        var result = tensor;
        foreach (var axis in axes)
        {
            var border = ones_like(result.narrow(axis, 0, 1));
            result = cat([border, result, border], axis);
        }

        foreach (var axis in axes)
            result = result.narrow(axis, 1, tensor.shape[axis]);
        return result;
    }

    private static (double Loss, Tensor Gradient) Run(Tensor logits, Tensor target)
    {
        var leaf = logits.detach().requires_grad_(true);
        var loss = Fused.functional.dice_ce_loss(leaf, target, squared: true);
        return (loss.to_type(ScalarType.Float64).item<double>(), autograd.grad([loss], [leaf])[0]);
    }
}
