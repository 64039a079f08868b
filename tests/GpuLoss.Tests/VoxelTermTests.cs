using TorchSharp;
using static TorchSharp.torch;
using Activation = GpuLoss.nn.Activation;
using Fused = GpuLoss.nn;
using Loss = TorchSharp.Loss<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;
using Reduction = TorchSharp.torch.nn.Reduction;

namespace GpuLossTests;

/// <summary>Poly-1, unified focal loss, focal loss without the background and logarithms of given probabilities, besides what they
/// are.</summary>
public class VoxelTermTests : HostPath
{
    private static Dictionary<string, Func<Loss>> Losses => new()
    {
        ["poly-1"] = () => Fused.Poly1Loss(2),
        ["poly-1 of focal loss"] = () => Fused.Poly1Loss(-1, gamma: 1.5, label_smoothing: 0.1),
        ["asymmetric unified focal"] = () => Fused.AsymmetricUnifiedFocalLoss(),
        ["symmetric unified focal"] = () => Fused.SymmetricUnifiedFocalLoss(),
        ["focal without background"] = () => Fused.FocalLoss(include_background: false),
    };

    public static TheoryData<string> Names => [.. Losses.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Of_probabilities_it_is_what_it_is_of_their_logits(string name)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var logits = randn([2, 4, 6, 7], ScalarType.Float64);
        var target = randint(4, [2, 6, 7], dtype: ScalarType.Int64);
        using var ofLogits = Losses[name]();
        using Loss given = name switch
        {
            "poly-1" => Fused.Poly1Loss(2, activation: Activation.None),
            "poly-1 of focal loss" => Fused.Poly1Loss(-1, gamma: 1.5, label_smoothing: 0.1, activation: Activation.None),
            "asymmetric unified focal" => Fused.AsymmetricUnifiedFocalLoss(activation: Activation.None),
            "symmetric unified focal" => Fused.SymmetricUnifiedFocalLoss(activation: Activation.None),
            _ => Fused.FocalLoss(activation: Activation.None, include_background: false),
        };
        var (x, before) = (logits.clone().requires_grad_(true), logits.clone().requires_grad_(true));
        var expected = ofLogits.forward(x, target);
        var actual = given.forward(torch.nn.functional.softmax(before, 1), target);
        Assert.Equal(expected.item<double>(), actual.item<double>(), 1e-13);
        var gradient = autograd.grad([expected], [x])[0];
        Assert.InRange((autograd.grad([actual], [before])[0] - gradient).abs().max().item<double>(), 0, 1e-14);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void It_goes_into_a_sum_and_deep_supervision(string name)
    {
        using var scope = NewDisposeScope();
        manual_seed(2);
        var (logits, target) = (randn([2, 3, 8, 8]).requires_grad_(true), randint(3, [2, 8, 8], dtype: ScalarType.Int64));
        using var alone = Losses[name]();
        using var dice = Fused.DiceLoss();
        using var sum = Fused.CompoundLoss((0.5, Fused.DiceLoss()), (2, Losses[name]()));
        Assert.Equal(
            0.5 * dice.forward(logits, target).item<float>() + 2 * alone.forward(logits, target).item<float>(),
            sum.forward(logits, target).item<float>(), 1e-5);
        using var deep = Fused.DeepSupervisionLoss(Losses[name](), [0.7]);
        Assert.Equal(0.7 * alone.forward(logits, target).item<float>(), deep.forward([logits], target).item<float>(), 1e-6);
    }

    /// <summary>Zero, infinite and negative numbers and such above 1, as a network without a last layer may give them.</summary>
    [Fact]
    public void Numbers_that_are_no_probabilities_are_clamped_and_have_no_gradient()
    {
        using var scope = NewDisposeScope();
        var p = tensor([-1f, 0, 1e-8f, 1, 1.5f, float.PositiveInfinity, float.NegativeInfinity, 0.25f]).reshape(1, 1, 8);
        var two = cat([p, 1 - p], 1).requires_grad_(true);
        using var criterion = Fused.CrossEntropyLoss(activation: Activation.None, reduction: Reduction.None);
        var loss = criterion.forward(two, zeros([1, 8], dtype: ScalarType.Int64));
        var largest = -Math.Log(1e-7);
        double[] expected = [largest, largest, largest, 0, 0, 0, largest, Math.Log(4)];
        Assert.All(expected.Zip(loss.data<float>().ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        loss.sum().backward();
        Assert.Equal([0f, 0, 0, -1, 0, 0, 0, -4], two.grad![0, 0].data<float>().ToArray());
        Assert.Equal(0, two.grad![0, 1].abs().max().item<float>());
        using var mean = Fused.CrossEntropyLoss(activation: Activation.None);
        Assert.True(float.IsNaN(mean.forward(full([1, 2, 3], float.NaN), zeros([1, 3], dtype: ScalarType.Int64)).item<float>()));
    }

    [Fact]
    public void Focal_loss_takes_alpha_beside_weights_and_weights_without_the_background()
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var (logits, target) = (randn([1, 3, 50], ScalarType.Float64), randint(3, [1, 50], dtype: ScalarType.Int64));
        double Of(double? alpha, double[]? weight, bool background = true) => Fused.functional.focal_loss(
            logits, target, alpha: alpha, weight: weight is null ? null : tensor(weight), include_background: background).item<double>();
        var parts = Enumerable.Range(0, 3).Select(c => Of(null, [.. Enumerable.Range(0, 3).Select(other => other == c ? 1.0 : 0)]))
            .ToArray();
        Assert.Equal(0.75 * 2 * parts[0] + 0.25 * (3 * parts[1] + 5 * parts[2]), Of(0.25, [2, 3, 5]), 1e-14);
        Assert.Equal(1.5 * (3 * parts[1] + 5 * parts[2]), Of(null, [3, 5], background: false), 1e-14);
        Assert.Equal(Of(null, [3, 5], background: false), Of(null, [7, 3, 5], background: false), 1e-15);
        Assert.Equal("alpha", Assert.Throws<ArgumentException>(() => Of(0.25, null, background: false)).ParamName);
        Assert.Equal("weight", Assert.Throws<ArgumentException>(() => Of(null, [3, 5])).ParamName);
    }

    /// <summary>The case of the report that began this: focal loss had either weight or alpha.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Dice_and_focal_loss_share_weights_and_background(bool background)
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        var (logits, target) = (randn([1, 3, 8, 8], ScalarType.Float64), randint(3, [1, 8, 8], dtype: ScalarType.Int64));
        var weight = tensor([2.0, 3, 5]);
        var both = Fused.functional.dice_focal_loss(
            logits, target, background, weight: weight, alpha: 0.3, focal_activation: Activation.Sigmoid);
        var dice = Fused.functional.dice_loss(logits, target, background, weight: weight);
        var focal = Fused.functional.focal_loss(
            logits, target, alpha: 0.3, weight: weight, activation: Activation.Sigmoid, include_background: background);
        Assert.Equal((dice + focal).item<double>(), both.item<double>(), 1e-13);
    }

    [Fact]
    public void One_class_is_refused_where_nothing_is_beside_it()
    {
        using var scope = NewDisposeScope();
        var (p, target) = (rand([1, 1, 5]), ones([1, 5], dtype: ScalarType.Int64));
        foreach (Loss loss in (Loss[])[Fused.CrossEntropyLoss(activation: Activation.None), Fused.Poly1Loss(activation: Activation.None),
            Fused.AsymmetricUnifiedFocalLoss(activation: Activation.None), Fused.Poly1Loss(),
            Fused.FocalLoss(include_background: false, activation: Activation.Sigmoid)])
        {
            Assert.Equal("logits", Assert.Throws<ArgumentException>(() => loss.forward(p, target)).ParamName);
            loss.Dispose();
        }

        Assert.Equal("gamma", Assert.Throws<ArgumentOutOfRangeException>(() => Fused.SymmetricUnifiedFocalLoss(gamma: 1)).ParamName);
        Assert.Equal("epsilon", Assert.Throws<ArgumentOutOfRangeException>(() => Fused.Poly1Loss(-1.5)).ParamName);
        Assert.Equal("activation",
            Assert.Throws<ArgumentOutOfRangeException>(() => Fused.CrossEntropyLoss(activation: Activation.Sigmoid)).ParamName);
        Assert.Equal("ce_activation",
            Assert.Throws<ArgumentOutOfRangeException>(() => Fused.DiceCELoss(ce_activation: Activation.Sigmoid)).ParamName);
    }
}
