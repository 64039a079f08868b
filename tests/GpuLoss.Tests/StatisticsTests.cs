using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;

namespace GpuLossTests;

/// <summary>The sums behind a loss: their values, their gradients, and losses of a whole taken from its parts.</summary>
public class StatisticsTests
{
    private const double Tolerance = 1e-6;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Statistics_and_their_gradients_agree_with_float64(bool squared)
    {
        using var scope = NewDisposeScope();
        var (logits, target) = Case([2, 4, 9, 11], ScalarType.Float32);
        using var actual = Fused.functional.overlap_statistics(logits, target, squared, ignore_index: 3);
        var (intersection, prediction, size, exact) = Expected(logits, target, squared);
        AssertClose(intersection, actual.intersection);
        AssertClose(prediction, actual.prediction);
        AssertClose(size, actual.target);

        // Any function of them: a different number times every entry.
        var (a, b) = (randn(intersection.shape, ScalarType.Float64), randn(intersection.shape, ScalarType.Float64));
        var gradient = autograd.grad([(a * actual.intersection + b * actual.prediction).sum()], [logits])[0];
        var expected = autograd.grad([(a * intersection + b * prediction).sum()], [exact])[0];
        AssertClose(expected, gradient.to_type(ScalarType.Float64));
    }

    [Fact]
    public void The_cross_entropy_sum_is_differentiable_and_weighted()
    {
        using var scope = NewDisposeScope();
        var (logits, target) = Case([3, 3, 40], ScalarType.Float64);
        var weight = tensor(new[] { 0.5, 2, 1 });
        using var criterion = Fused.DiceCELoss(weight: weight);
        using var statistics = criterion.statistics(logits, target);
        var factor = tensor(new[] { 1.0, -2, 0.5 });
        var exact = logits.detach().requires_grad_(true);
        var perSample = torch.nn.functional.cross_entropy(exact, target, weight, reduction: torch.nn.Reduction.None).sum(1);
        AssertClose(perSample, statistics.voxel_term);
        var gradient = autograd.grad([(factor * statistics.voxel_term).sum()], [logits])[0];
        AssertClose(autograd.grad([(factor * perSample).sum()], [exact])[0], gradient);
    }

    [Theory]
    [InlineData("dice+ce")]
    [InlineData("gdl")]
    [InlineData("squared, batch")]
    public void A_volume_in_pieces_has_the_loss_and_the_gradient_of_the_whole(string name)
    {
        using var scope = NewDisposeScope();
        var (logits, target) = Case([2, 3, 12, 10], ScalarType.Float32);
        using Modules criterion = new(name);
        var whole = criterion.Loss.forward(logits, target);
        var expected = autograd.grad([whole], [logits])[0];

        var parts = Enumerable.Range(0, 3).Select(i => (Logits: logits.detach().narrow(2, 4 * i, 4), Target: target.narrow(1, 4 * i, 4)))
            .ToArray();
        GpuLoss.nn.OverlapStatistics[] statistics;
        using (no_grad())
            statistics = [.. parts.Select(part => criterion.Loss.statistics(part.Logits, part.Target))];
        for (var i = 0; i < parts.Length; i++)
        {
            var others = statistics[(i + 1) % 3] + statistics[(i + 2) % 3];
            var leaf = parts[i].Logits.clone().requires_grad_(true);
            var loss = criterion.Loss.forward(leaf, parts[i].Target, others);

            // The sums are added in another order: a float32 may be the next one.
            Assert.InRange(BitConverter.SingleToInt32Bits(loss.item<float>()) - BitConverter.SingleToInt32Bits(whole.item<float>()), -1, 1);
            AssertClose(expected.narrow(2, 4 * i, 4), autograd.grad([loss], [leaf])[0]);
        }
    }

    [Fact]
    public void A_users_own_loss_runs_through_the_same_passes()
    {
        using var scope = NewDisposeScope();
        var (logits, target) = Case([2, 3, 100], ScalarType.Float32);
        using var own = Fused.OverlapLoss((i, p, t) => (1 - (2 * i + 1e-5) / (p + t + 1e-5)).mean());
        using var dice = Fused.DiceLoss();
        var (mine, theirs) = (own.forward(logits, target), dice.forward(logits, target));
        Assert.Equal(ScalarType.Float32, mine.dtype);
        Assert.Equal(theirs.item<float>(), mine.item<float>(), 1e-7);
        AssertClose(autograd.grad([theirs], [logits])[0], autograd.grad([mine], [logits])[0]);
    }

    [Fact]
    public void Dice_comes_from_the_same_sums()
    {
        using var scope = NewDisposeScope();
        var (logits, target) = Case([1, 3, 50], ScalarType.Float32);
        using var criterion = Fused.DiceLoss();
        using var statistics = criterion.statistics(logits, target);
        Assert.Equal(1 - criterion.forward(logits, target).item<float>(), statistics.dice().mean().item<double>(), 1e-6);
    }

    [Fact]
    public void Statistics_of_another_loss_or_size_are_refused()
    {
        using var scope = NewDisposeScope();
        var (logits, target) = Case([2, 3, 50], ScalarType.Float32);
        using var dice = Fused.DiceLoss();
        using var squared = Fused.functional.overlap_statistics(logits, target, squared: true);
        using var small = Fused.functional.overlap_statistics(logits.narrow(0, 0, 1), target.narrow(0, 0, 1));
        Assert.Contains("Σ p²", Assert.Throws<ArgumentException>(() => dice.forward(logits, target, squared)).Message,
            StringComparison.Ordinal);
        var wrongSize = Assert.Throws<ArgumentException>(() => dice.forward(logits, target, small));
        Assert.Equal("other_statistics", wrongSize.ParamName);
        Assert.Throws<ArgumentException>(() => squared + small);
        Assert.Throws<ArgumentException>(() => new GpuLoss.nn.OverlapStatistics(zeros(2, 3), zeros(2, 3), zeros(2, 3), zeros(2)));
        Assert.Throws<ArgumentNullException>(() => Fused.OverlapLoss((Func<Tensor, Tensor, Tensor, Tensor>)null!));
        Assert.Throws<ArgumentNullException>(() => Fused.OverlapLoss((Func<Tensor, Tensor, Tensor, Tensor, Tensor>)null!));
    }

    private static (Tensor Logits, Tensor Target) Case(long[] shape, ScalarType type)
    {
        manual_seed(7);
        return (randn(shape, type).requires_grad_(true), randint(shape[1], [shape[0], .. shape[2..]], dtype: ScalarType.Int64));
    }

    private static (Tensor I, Tensor P, Tensor T, Tensor Logits) Expected(Tensor logits, Tensor target, bool squared)
    {
        var exact = logits.detach().to_type(ScalarType.Float64).requires_grad_(true);
        var counted = target.ne(3).to_type(ScalarType.Float64).flatten(1).unsqueeze(1);
        var classes = arange(logits.shape[1], dtype: ScalarType.Int64).reshape([1, -1, 1]);
        var own = target.flatten(1).unsqueeze(1).eq(classes).to_type(ScalarType.Float64) * counted;
        var p = torch.nn.functional.softmax(exact.flatten(2), 1) * counted;
        return ((p * own).sum(2), (squared ? p * p : p).sum(2), own.sum(2), exact);
    }

    private static void AssertClose(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.shape, actual.shape);
        var error = (expected.detach().to_type(ScalarType.Float64) - actual.detach().to_type(ScalarType.Float64)).abs().max()
            .item<double>();
        Assert.InRange(error, 0, Tolerance * expected.abs().max().to_type(ScalarType.Float64).item<double>());
    }

    /// <summary>A loss by name.</summary>
    private sealed class Modules(string name) : IDisposable
    {
        public GpuLoss.Modules.FusedLossModule Loss { get; } = name switch
        {
            "gdl" => Fused.GeneralizedDiceLoss(),
            "squared, batch" => Fused.DiceLoss(squared: true, batch: true, include_background: false),
            _ => Fused.DiceCELoss(weight: tensor(new[] { 0.5, 2, 1 })),
        };

        public void Dispose() => Loss.Dispose();
    }
}
