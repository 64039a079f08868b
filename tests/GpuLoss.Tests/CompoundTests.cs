using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;

namespace GpuLossTests;

/// <summary>Sums of losses and losses of several outputs, against the same built from float64 references.</summary>
public class CompoundTests
{
    private static readonly double[] Weight = [0.5, 2, 1, 0.7];
    private static readonly double[] OtherWeight = [1.5, 0.2, 1, 3];

    private static Dictionary<string, (Func<GpuLoss.Modules.CompoundLoss> Make, Func<Tensor, Tensor, Tensor> Expected)> Cases => new()
    {
        ["dice + ce"] = (
            () => Fused.CompoundLoss((1, Fused.DiceLoss()), (0.5, Fused.CrossEntropyLoss())),
            (x, t) => Reference.Dice(x, t) + 0.5 * Reference.CrossEntropy(x, t)),
        ["three overlaps and a weighted ce"] = (
            () => Fused.CompoundLoss(
                (0.3, Fused.DiceLoss(include_background: false, batch: true)),
                (1.5, Fused.TverskyLoss(0.2, 0.8, weight: tensor(Weight))),
                (-0.4, Fused.LogDiceLoss(0.5)),
                (2, Fused.CrossEntropyLoss(tensor(Weight), reduction: torch.nn.Reduction.Sum))),
            (x, t) => 0.3 * Reference.Dice(x, t, background: false, batch: true) + 1.5 * Reference.Tversky(x, t, 0.2, 0.8, weight: Weight)
                - 0.4 * Reference.LogDice(x, t, 0.5) + 2 * Reference.CrossEntropy(x, t, Weight, sum: true)),
        ["two cross-entropies of the same weights"] = (
            () => Fused.CompoundLoss(
                (1, Fused.CrossEntropyLoss(tensor(Weight))),
                (0.01, Fused.CrossEntropyLoss(tensor(Weight), reduction: torch.nn.Reduction.Sum))),
            (x, t) => Reference.CrossEntropy(x, t, Weight) + 0.01 * Reference.CrossEntropy(x, t, Weight, sum: true)),
        ["cross-entropies of two weights of the same number"] = (
            () => Fused.CompoundLoss((1, Fused.CrossEntropyLoss(tensor(Weight))), (0.5, Fused.CrossEntropyLoss(tensor(OtherWeight)))),
            (x, t) => Reference.CrossEntropy(x, t, Weight) + 0.5 * Reference.CrossEntropy(x, t, OtherWeight)),
        ["gdl + squared-free dice, a class ignored"] = (
            () => Fused.CompoundLoss((1, Fused.GeneralizedDiceLoss(ignore_index: 2)), (1, Fused.JaccardLoss(ignore_index: 2))),
            (x, t) => Reference.GeneralizedDice(x, t, Fused.ClassWeighting.Square, ignore: 2) + Reference.Jaccard(x, t, ignore: 2)),
        ["overlaps of p and of p², cross-entropies of two weights"] = (
            () => Fused.CompoundLoss(
                (0.6, Fused.DiceLoss()), (0.4, Fused.DiceLoss(squared: true)), (1.2, Fused.CrossEntropyLoss()),
                (0.7, Fused.CrossEntropyLoss(tensor(Weight)))),
            (x, t) => 0.6 * Reference.Dice(x, t) + 0.4 * Reference.Dice(x, t, squared: true) + 1.2 * Reference.CrossEntropy(x, t)
                + 0.7 * Reference.CrossEntropy(x, t, Weight)),
        ["sums of sums"] = (
            () => Fused.CompoundLoss(
                (2, Fused.CompoundLoss((0.5, Fused.DiceLoss(squared: true)), (3, Fused.DiceCELoss(lambda_dice: 0.2)))),
                (1, Fused.DiceFocalLoss(gamma: 1))),
            (x, t) => Reference.Dice(x, t, squared: true) + 1.2 * Reference.Dice(x, t) + 6 * Reference.CrossEntropy(x, t)
                + Reference.Dice(x, t) + Reference.Focal(x, t, 1)),
        ["one term"] = (
            () => Fused.CompoundLoss((-2, Fused.DiceLoss(squared: true))), (x, t) => -2 * Reference.Dice(x, t, squared: true)),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_sum_and_its_gradient_agree_with_float64(string name)
    {
        var (make, reference) = Cases[name];
        foreach (var type in new[] { ScalarType.Float32, ScalarType.Float64 })
        {
            using var scope = NewDisposeScope();
            manual_seed(8);
            var logits = (2 * randn([2, 4, 13, 9])).to_type(type).requires_grad_(true);
            var target = randint(4, [2, 13, 9], dtype: ScalarType.Int32);
            using var criterion = make();
            var actual = criterion.forward(logits, target);
            var gradient = autograd.grad([3 * actual], [logits])[0];
            var exact = logits.detach().to_type(ScalarType.Float64).requires_grad_(true);
            var expected = reference(exact, target);
            var expectedGradient = 3 * autograd.grad([expected], [exact])[0];
            Assert.Equal(type, actual.dtype);
            var tolerance = type == ScalarType.Float64 ? 1e-12 : 1e-6;
            Assert.InRange(actual.to_type(ScalarType.Float64).item<double>() / expected.item<double>() - 1, -tolerance, tolerance);
            var error = (gradient.to_type(ScalarType.Float64) - expectedGradient).abs().max().item<double>();
            Assert.InRange(error, 0, tolerance * expectedGradient.abs().max().item<double>());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Parts_of_a_volume_have_the_sum_of_losses_of_the_whole(bool soft)
    {
        using var scope = NewDisposeScope();
        manual_seed(10);
        var logits = randn([2, 3, 8, 5], ScalarType.Float64).requires_grad_(true);
        var target = soft ? torch.nn.functional.softmax(randn([2, 3, 8, 5], ScalarType.Float64), 1)
            : randint(3, [2, 8, 5], dtype: ScalarType.Byte);
        var axis = soft ? 2 : 1;
        using var criterion =
            Fused.CompoundLoss((0.7, Fused.DiceLoss(batch: true)), (1.5, Fused.TverskyLoss(0.2, 0.9)), (2, Fused.CrossEntropyLoss()));
        var whole = criterion.forward(logits, target);
        var expected = autograd.grad([whole], [logits])[0];
        var first = logits.detach().narrow(2, 0, 3).requires_grad_(true);
        using var others = criterion.statistics(logits.detach().narrow(2, 3, 5), target.narrow(axis, 3, 5));
        var part = criterion.forward(first, target.narrow(axis, 0, 3), others);
        Assert.Equal(whole.item<double>(), part.item<double>(), 1e-13);
        var gradient = autograd.grad([part], [first])[0];
        Assert.InRange((gradient - expected.narrow(2, 0, 3)).abs().max().item<double>(), 0, 1e-14);
    }

    [Fact]
    public void Terms_that_cannot_share_a_pass_are_refused()
    {
        using var dice = Fused.DiceLoss();
        using var unreduced = Fused.DiceLoss(reduction: torch.nn.Reduction.None);
        using var ignoring = Fused.DiceLoss(ignore_index: 0);
        using var weighted = Fused.CrossEntropyLoss(tensor(Weight));
        using var torchs = torch.nn.CrossEntropyLoss();
        Assert.Contains("reduced", Message((1, dice), (1, unreduced)), StringComparison.Ordinal);
        var many = Enumerable.Range(1, 9).Select(gamma => (1.0, (Loss<Tensor, Tensor, Tensor>)Fused.FocalLoss(gamma))).ToArray();
        using var tooMany = Fused.CompoundLoss(many);
        Assert.Contains("9 different sums",
            Assert.Throws<ArgumentException>(() => tooMany.forward(randn([1, 3, 5]), zeros([1, 5], dtype: ScalarType.Int64))).Message,
            StringComparison.Ordinal);
        Assert.Contains("ignore_index", Message((1, dice), (1, ignoring)), StringComparison.Ordinal);
        Assert.Contains("CrossEntropyLoss", Message((1, torchs)), StringComparison.Ordinal);
        Assert.Contains("finite", Message((double.NaN, dice)), StringComparison.Ordinal);
        Assert.Contains("at least one", Message(), StringComparison.Ordinal);
        using var scope = NewDisposeScope();
        using var compound = Fused.CompoundLoss((1, dice), (1, weighted));
        var wrongCount = Assert.Throws<ArgumentException>(() => compound.forward(randn([1, 3, 5]), zeros([1, 5], dtype: ScalarType.Int64)));
        Assert.Equal("weight", wrongCount.ParamName);
    }

    [Fact]
    public void Deep_supervision_sums_over_resolutions_and_shares_resized_targets()
    {
        using var scope = NewDisposeScope();
        manual_seed(9);
        long[][] sizes = [[8, 12], [4, 6], [3, 5], [4, 6]];
        var outputs = sizes.Select(size => randn([2, 3, .. size]).requires_grad_(true)).ToArray();
        var target = randint(3, [2, 1, 8, 12], dtype: ScalarType.Byte);
        double[] weights = [1, 0.5, 0.25, 0.125];
        using var criterion = Fused.DeepSupervisionLoss(Fused.DiceCELoss());
        var actual = criterion.forward(outputs, target);
        actual.backward();

        var expected = 0.0;
        for (var level = 0; level < outputs.Length; level++)
        {
            var resized = torch.nn.functional.interpolate(
                target.to_type(ScalarType.Float32), size: sizes[level], mode: InterpolationMode.NearestExact);
            var exact = outputs[level].detach().to_type(ScalarType.Float64).requires_grad_(true);
            var labels = resized.to_type(ScalarType.Int64);
            var loss = weights[level] * (Reference.Dice(exact, labels) + Reference.CrossEntropy(exact, labels));
            expected += loss.item<double>();
            var gradient = autograd.grad([loss], [exact])[0];
            var error = (outputs[level].grad!.to_type(ScalarType.Float64) - gradient).abs().max().item<double>();
            Assert.InRange(error, 0, 1e-6 * gradient.abs().max().item<double>());
        }

        Assert.Equal(expected, actual.item<float>(), 1e-6);
    }

    [Fact]
    public void Weights_of_deep_supervision_are_the_peers()
    {
        Assert.Equal([4 / 7.0, 2 / 7.0, 1 / 7.0, 0], Fused.nnunet_supervision_weights(4));
        using var scope = NewDisposeScope();
        using var ce = Fused.CrossEntropyLoss();
        var target = zeros([1, 4], dtype: ScalarType.Int64);
        var outputs = Enumerable.Range(0, 6).Select(_ => zeros([1, 2, 4])).ToArray();
        var actual = Fused.functional.deep_supervision_loss(outputs, target, ce).item<float>();
        Assert.Equal(Math.Log(2) * (1 + 0.5 + 0.25 + 0.125 + 0.0625 + 0.0625), actual, 1e-6);
        Assert.Throws<ArgumentException>(() => Fused.functional.deep_supervision_loss(outputs, target, ce, [1.0]));
        Assert.Throws<ArgumentException>(() => Fused.functional.deep_supervision_loss([], target, ce));
    }

    private static string Message(params (double, Loss<Tensor, Tensor, Tensor>)[] terms) =>
        Assert.Throws<ArgumentException>(() => Fused.CompoundLoss(terms)).Message;
}
