using TorchSharp;
using static TorchSharp.torch;
using Activation = GpuLoss.nn.Activation;
using Fused = GpuLoss.nn;
using Reduction = TorchSharp.torch.nn.Reduction;

namespace GpuLossTests;

/// <summary>Losses that look at the number of voxels besides I, P and T.</summary>
public class CorrelationTests : HostPath
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_users_function_of_the_voxels_is_the_correlation(bool isWeighted)
    {
        using var scope = NewDisposeScope();
        manual_seed(5);
        var logits = randn([2, 3, 9, 11], ScalarType.Float64).requires_grad_(true);
        var target = randint(3, [2, 9, 11], dtype: ScalarType.Int64);
        var mask = isWeighted ? rand([2, 9, 11], ScalarType.Float64) : rand([2, 9, 11]) < 0.7;
        using var own = Fused.OverlapLoss(
            (i, p, t, v) => (1 - (v * i - p * t) / (p * t * (v - p) * (v - t) + 1e-5).sqrt()).mean(), ignore_index: 1);
        using var library = Fused.MCCLoss(ignore_index: 1);
        var (mine, theirs) = (own.forward(logits, target, mask), library.forward(logits, target, mask));
        Assert.Equal(theirs.item<double>(), mine.item<double>(), 1e-13);
        var gradient = autograd.grad([theirs], [logits])[0];
        Assert.InRange((autograd.grad([mine], [logits])[0] - gradient).abs().max().item<double>(), 0, 1e-14);
    }

    /// <summary>A class that is absent, or everywhere, has no correlation: the loss is 1, or 0 where nothing is wrong.</summary>
    [Theory]
    [InlineData(0, 1e-5)]
    [InlineData(0, 0)]
    [InlineData(1, 1e-5)]
    [InlineData(1, 0)]
    public void An_undefined_correlation_counts_as_none(int label, double smooth)
    {
        using var scope = NewDisposeScope();
        manual_seed(6);
        var target = full([1, 40], label, dtype: ScalarType.Int64);
        using var criterion = Fused.MCCLoss(smooth_dr: smooth, reduction: Reduction.None, activation: Activation.None);
        var guesses = rand([1, 2, 40]).requires_grad_(true);
        var loss = criterion.forward(guesses, target);
        Assert.Equal([1f, 1f], loss.data<float>().ToArray());
        loss.sum().backward();
        Assert.InRange(guesses.grad!.abs().max().item<float>(), 0, 1e-6f);
        var perfect = cat([full([1, 1, 40], 1.0f - label), full([1, 1, 40], (float)label)], 1);
        Assert.Equal([0f, 0f], criterion.forward(perfect, target).data<float>().ToArray());
    }

    [Fact]
    public void Parts_have_the_correlation_of_the_whole()
    {
        using var scope = NewDisposeScope();
        manual_seed(7);
        var logits = randn([1, 3, 20, 7], ScalarType.Float64).requires_grad_(true);
        var target = randint(3, [1, 20, 7], dtype: ScalarType.Int64);
        using var criterion = Fused.MCCLoss();
        var whole = criterion.forward(logits, target);
        var expected = autograd.grad([whole], [logits])[0].narrow(2, 0, 8);
        using var others = criterion.statistics(logits.detach().narrow(2, 8, 12), target.narrow(1, 8, 12));
        var first = logits.detach().narrow(2, 0, 8).requires_grad_(true);
        var part = criterion.forward(first, target.narrow(1, 0, 8), others);
        Assert.Equal(whole.item<double>(), part.item<double>(), 1e-14);
        Assert.InRange((autograd.grad([part], [first])[0] - expected).abs().max().item<double>(), 0, 1e-15);
    }

    [Fact]
    public void A_blob_has_no_correlation()
    {
        var exception = Assert.Throws<ArgumentException>(() => Fused.BlobLoss(Fused.MCCLoss()));
        Assert.Equal("loss", exception.ParamName);
        Assert.Contains("MCCLoss", exception.Message, StringComparison.Ordinal);
    }

    /// <summary>What the guide says of NACL: the mean distance of logits from the shares of labels around them is a function of
    /// sums.</summary>
    [Fact]
    public void The_distance_from_another_target_is_a_function_of_sums()
    {
        using var scope = NewDisposeScope();
        manual_seed(8);
        var (logits, shares) = (randn([2, 4, 6, 7], ScalarType.Float64).requires_grad_(true), rand([2, 4, 6, 7], ScalarType.Float64));
        using var penalty = Fused.OverlapLoss((i, p, t, v) => ((p + t - 2 * i) / v).mean(), activation: Activation.None, soft_label: true);
        var (actual, expected) = (penalty.forward(logits, shares), (logits - shares).abs().mean());
        Assert.Equal(expected.item<double>(), actual.item<double>(), 1e-13);
        var gradient = autograd.grad([expected], [logits])[0];
        Assert.InRange((autograd.grad([actual], [logits])[0] - gradient).abs().max().item<double>(), 0, 1e-16);
    }
}
