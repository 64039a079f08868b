using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;
using Loss = TorchSharp.Loss<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;

namespace GpuLossTests;

/// <summary>Every loss and option against float64: value to 1e-6 relative, gradient to 1e-6 of its largest entry.</summary>
public class AccuracyTests : HostPath
{
    private const double Tolerance = 1e-6;

    public static TheoryData<string> Losses => [.. Cases.Keys];

    private static Dictionary<string, (Func<int, Loss> Make, Func<Tensor, Tensor, Tensor> Expected)> Cases => new()
    {
        ["dice"] = (_ => Fused.DiceLoss(), (x, t) => Reference.Dice(x, t)),
        ["dice, no background"] = (_ => Fused.DiceLoss(include_background: false), (x, t) => Reference.Dice(x, t, background: false)),
        ["dice, squared"] = (_ => Fused.DiceLoss(squared: true), (x, t) => Reference.Dice(x, t, squared: true)),
        ["dice, squared, batch, no background"] = (
            _ => Fused.DiceLoss(squared: true, batch: true, include_background: false),
            (x, t) => Reference.Dice(x, t, squared: true, batch: true, background: false)),
        ["dice, batch, sum"] = (
            _ => Fused.DiceLoss(batch: true, reduction: torch.nn.Reduction.Sum), (x, t) => Reference.Dice(x, t, batch: true, sum: true)),
        ["dice, smooth"] = (_ => Fused.DiceLoss(smooth_nr: 1, smooth_dr: 2), (x, t) => Reference.Dice(x, t, nr: 1, dr: 2)),
        ["dice, weight"] = (c => Fused.DiceLoss(weight: tensor(Weight(c))), (x, t) => Reference.Dice(x, t, weight: Weight(x.shape[1]))),
        ["dice, weight of the foreground"] = (
            c => Fused.DiceLoss(include_background: false, weight: tensor(Weight(c)[1..])),
            (x, t) => Reference.Dice(x, t, background: false, weight: Weight(x.shape[1])[1..])),
        ["dice, ignore a class"] = (_ => Fused.DiceLoss(ignore_index: 1), (x, t) => Reference.Dice(x, t, ignore: 1)),
        ["jaccard"] = (_ => Fused.JaccardLoss(), (x, t) => Reference.Jaccard(x, t)),
        ["jaccard, batch, no background, ignore"] = (
            _ => Fused.JaccardLoss(include_background: false, batch: true, ignore_index: 0),
            (x, t) => Reference.Jaccard(x, t, background: false, batch: true, ignore: 0)),
        ["tversky"] = (_ => Fused.TverskyLoss(0.2, 0.9), (x, t) => Reference.Tversky(x, t, 0.2, 0.9)),
        ["focal tversky, weight"] = (
            c => Fused.FocalTverskyLoss(weight: tensor(Weight(c))),
            (x, t) => Reference.Tversky(x, t, 0.3, 0.7, 0.75, weight: Weight(x.shape[1]))),
        ["focal tversky, squared, batch"] = (
            _ => Fused.FocalTverskyLoss(0.6, 0.4, gamma: 2, batch: true), (x, t) => Reference.Tversky(x, t, 0.6, 0.4, 2, batch: true)),
        ["log dice"] = (_ => Fused.LogDiceLoss(), (x, t) => Reference.LogDice(x, t, 1)),
        ["log dice, power, batch, sum"] = (
            _ => Fused.LogDiceLoss(0.3, batch: true, reduction: torch.nn.Reduction.Sum),
            (x, t) => Reference.LogDice(x, t, 0.3, batch: true, sum: true)),
        ["gdl"] = (
            _ => Fused.GeneralizedDiceLoss(), (x, t) => Reference.GeneralizedDice(x, t, Fused.ClassWeighting.Square)),
        ["gdl, simple, batch"] = (
            _ => Fused.GeneralizedDiceLoss(w_type: Fused.ClassWeighting.Simple, batch: true),
            (x, t) => Reference.GeneralizedDice(x, t, Fused.ClassWeighting.Simple, batch: true)),
        ["gdl, uniform, no background, sum"] = (
            _ => Fused.GeneralizedDiceLoss(
                w_type: Fused.ClassWeighting.Uniform, include_background: false, reduction: torch.nn.Reduction.Sum),
            (x, t) => Reference.GeneralizedDice(x, t, Fused.ClassWeighting.Uniform, background: false, sum: true)),
        ["ce"] = (_ => Fused.CrossEntropyLoss(), (x, t) => Reference.CrossEntropy(x, t)),
        ["ce, weight, ignore"] = (
            c => Fused.CrossEntropyLoss(tensor(Weight(c)), ignore_index: 0),
            (x, t) => Reference.CrossEntropy(x, t, Weight(x.shape[1]), ignore: 0)),
        ["ce, sum"] = (
            _ => Fused.CrossEntropyLoss(reduction: torch.nn.Reduction.Sum), (x, t) => Reference.CrossEntropy(x, t, sum: true)),
        ["focal"] = (_ => Fused.FocalLoss(), (x, t) => Reference.Focal(x, t, 2)),
        ["focal, alpha, ignore"] = (
            _ => Fused.FocalLoss(gamma: 1.5, alpha: 0.3, ignore_index: 1),
            (x, t) => Reference.Focal(x, t, 1.5, [0.7, .. Enumerable.Repeat(0.3, (int)x.shape[1] - 1)], ignore: 1)),
        ["focal, weight, sum"] = (
            c => Fused.FocalLoss(gamma: 3, weight: tensor(Weight(c)), reduction: torch.nn.Reduction.Sum),
            (x, t) => Reference.Focal(x, t, 3, Weight(x.shape[1]), sum: true)),
        ["focal, gamma 0"] = (_ => Fused.FocalLoss(gamma: 0), (x, t) => Reference.CrossEntropy(x, t) / x.shape[1]),
        ["dice + focal"] = (
            _ => Fused.DiceFocalLoss(lambda_dice: 0.6, lambda_focal: 1.7, alpha: 0.25),
            (x, t) => 0.6 * Reference.Dice(x, t)
                + 1.7 * Reference.Focal(x, t, 2, [0.75, .. Enumerable.Repeat(0.25, (int)x.shape[1] - 1)])),
        ["dice + focal, no background"] = (
            _ => Fused.DiceFocalLoss(include_background: false),
            (x, t) => Reference.Dice(x, t, background: false)
                + Reference.Focal(x, t, 2, [0, .. Enumerable.Repeat(1.0, (int)x.shape[1] - 1)]) * x.shape[1] / (x.shape[1] - 1)),
        ["gdl + focal"] = (
            _ => Fused.GeneralizedDiceFocalLoss(gamma: 1),
            (x, t) => Reference.GeneralizedDice(x, t, Fused.ClassWeighting.Square) + Reference.Focal(x, t, 1)),
        ["dice + ce"] = (
            c => Fused.DiceCELoss(include_background: false, batch: true, weight: tensor(Weight(c)), lambda_dice: 0.7, lambda_ce: 1.3),
            (x, t) => 0.7 * Reference.Dice(x, t, background: false, batch: true, weight: Weight(x.shape[1])[1..])
                + 1.3 * Reference.CrossEntropy(x, t, Weight(x.shape[1]))),
    };

    [Theory]
    [MemberData(nameof(Losses))]
    public void A_loss_and_its_gradient_agree_with_float64(string name)
    {
        long[][] shapes = [[1, 2, 7, 9, 5], [2, 4, 33, 17], [3, 3, 130], [1, 7, 21, 20, 19], [2, 14, 9, 9, 9], [1, 20, 64]];
        foreach (var shape in shapes)
        {
            foreach (var scale in new[] { 1.0, 10, 30 })
            {
                foreach (var type in new[] { ScalarType.Int64, ScalarType.Byte })
                    Check(name, shape, scale, type);
            }
        }
    }

    private static double[] Weight(long classes) => [.. Enumerable.Range(0, (int)classes).Select(c => 0.5 + 0.3 * c)];

    private static void Check(string name, long[] shape, double scale, ScalarType type)
    {
        using var scope = NewDisposeScope();
        manual_seed(shape.Sum());
        var logits = (randn(shape) * scale).requires_grad_(true);
        long[] channel = type == ScalarType.Byte ? [1] : [];
        var target = randint(shape[1], [shape[0], .. channel, .. shape[2..]], dtype: type);
        var (make, reference) = Cases[name];
        using var criterion = make((int)shape[1]);
        var actual = criterion.forward(logits, target);
        var gradient = autograd.grad([actual], [logits])[0];

        var exact = logits.detach().to_type(ScalarType.Float64).requires_grad_(true);
        var expected = reference(exact, target);
        var expectedGradient = autograd.grad([expected], [exact])[0];

        var context = $"{name} [{string.Join(", ", shape)}] x{scale} {type}";
        var value = expected.item<double>();
        Assert.True(Math.Abs(actual.item<float>() - value) <= Tolerance * Math.Abs(value),
            $"{context}: {actual.item<float>():R} for {value:R}");
        var error = (gradient.to_type(ScalarType.Float64) - expectedGradient).abs().max().item<double>();
        var largest = expectedGradient.abs().max().item<double>();
        Assert.True(error <= Tolerance * largest, $"{context}: gradient off by {error / largest:E2} of its largest");
        Assert.Equal(logits.shape, gradient.shape);
    }
}
