using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;
using Reduction = TorchSharp.torch.nn.Reduction;

namespace GpuLossTests.Parity;

/// <summary>The losses that torch has itself, against torch's own code in float64 and not against formulas.</summary>
public class TorchTests
{
    private const double Tolerance = 1e-13;

    public static TheoryData<Reduction> Reductions => [Reduction.Mean, Reduction.Sum, Reduction.None];

    [Theory]
    [MemberData(nameof(Reductions))]
    public void Cross_entropy_with_smoothing_weights_and_an_ignored_label(Reduction reduction)
    {
        using var scope = NewDisposeScope();
        var (logits, weight) = Case(4);
        var target = randint(4, [2, 7, 6], dtype: ScalarType.Int64);
        foreach (var smoothing in new[] { 0, 0.1, 0.35 })
        {
            using var ours = Fused.CrossEntropyLoss(weight, ignore_index: 2, reduction, smoothing);
            using var torchs = torch.nn.CrossEntropyLoss(weight, ignore_index: 2, reduction: reduction);
            if (smoothing == 0)
                AssertSame(logits, ours.forward(logits, target), torchs.forward(logits, target));
            else
                AssertSame(logits, ours.forward(logits, target), Smoothed(logits, target, weight, smoothing, reduction));
        }
    }

    [Theory]
    [MemberData(nameof(Reductions))]
    public void Cross_entropy_of_probabilities_is_not_divided_by_the_weights(Reduction reduction)
    {
        using var scope = NewDisposeScope();
        var (logits, weight) = Case(3);
        var target = torch.nn.functional.softmax(randn(logits.shape, ScalarType.Float64), 1);
        using var ours = Fused.CrossEntropyLoss(weight, reduction: reduction);
        AssertSame(logits, ours.forward(logits, target), torch.nn.functional.cross_entropy(logits, target, weight, reduction: reduction));
    }

    [Theory]
    [MemberData(nameof(Reductions))]
    public void Binary_cross_entropy_with_weights_on_both_sides(Reduction reduction)
    {
        using var scope = NewDisposeScope();
        var (logits, weight) = Case(3);
        var target = rand(logits.shape, ScalarType.Float64);
        var positive = tensor(new[] { 3.0, 0.2, 1 });
        using var ours = Fused.BCEWithLogitsLoss(weight, positive, reduction: reduction);
        var torchs = torch.nn.functional.binary_cross_entropy_with_logits(
            logits, target, weight.reshape(1, 3, 1, 1), reduction, positive.reshape(3, 1, 1));
        AssertSame(logits, ours.forward(logits, target), torchs);
    }

    /// <summary>Not against torch's, which takes a difference of two large numbers and leaves 0 of 4e-18.</summary>
    [Fact]
    public void Binary_cross_entropy_keeps_its_digits_for_extreme_logits()
    {
        using var scope = NewDisposeScope();
        double[] logits = [-700, -40, -1e-9, 0, 1e-9, 40, 700];
        var tensors = tensor(logits).reshape(1, 1, -1);
        using var ours = Fused.BCEWithLogitsLoss(reduction: Reduction.None);
        foreach (var label in new[] { 0, 1 })
        {
            var values = ours.forward(tensors, full_like(tensors, label)).data<double>().ToArray();
            Assert.All(logits.Zip(values), pair =>
            {
                var margin = label == 1 ? pair.First : -pair.First;
                var small = Math.Exp(-Math.Abs(margin));
                var expected = Math.Max(-margin, 0) + (small < 1e-8 ? small : Math.Log(1 + small));
                Assert.InRange(pair.Second / expected - 1, -1e-14, 1e-14);
            });
        }
    }

    private static (Tensor Logits, Tensor Weight) Case(int classes)
    {
        manual_seed(21);
        return ((3 * randn([2, classes, 7, 6], ScalarType.Float64)).requires_grad_(true), rand(classes, ScalarType.Float64) + 0.2);
    }

    /// <summary>torch's own function with label smoothing, which TorchSharp's wrapper does not pass on: of the smoothed probabilities of
    /// counted voxels.</summary>
    private static Tensor Smoothed(Tensor logits, Tensor target, Tensor weight, double smoothing, Reduction reduction)
    {
        var counted = target.ne(2);
        var oneHot = torch.nn.functional.one_hot(target, 4).permute(0, 3, 1, 2).to_type(ScalarType.Float64);
        var values = torch.nn.functional.cross_entropy(
            logits, (1 - smoothing) * oneHot + smoothing / 4, weight, reduction: Reduction.None) * counted;
        if (reduction == Reduction.None)
            return values;
        return reduction == Reduction.Sum ? values.sum()
            : values.sum() / (weight.index_select(0, target.flatten()) * counted.flatten()).sum();
    }

    private static void AssertSame(Tensor logits, Tensor actual, Tensor expected)
    {
        Assert.Equal(expected.shape, actual.shape);
        Assert.InRange((actual - expected).abs().max().item<double>(), 0, Tolerance * expected.abs().max().item<double>());
        var factors = rand(expected.shape, ScalarType.Float64);
        var gradient = autograd.grad([(factors * actual).sum()], [logits])[0];
        var expectedGradient = autograd.grad([(factors * expected).sum()], [logits])[0];
        Assert.InRange((gradient - expectedGradient).abs().max().item<double>(), 0,
            Tolerance * expectedGradient.abs().max().item<double>());
    }
}
