using GpuLossTests;
using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;

namespace GpuLoss.PtxMachine.Tests.PublicFace;

/// <summary>Statistics, metrics, losses of several outputs and terms, and what autograd does with them, against float64.</summary>
public class SumsTests : InPlaceOfHost
{
    private const int Classes = 3;

    private static readonly long[] Shape = [2, Classes, 8, 4, 6];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Statistics_are_the_sums_and_differentiable(bool squared)
    {
        using var scope = NewDisposeScope();
        var (logits, labels) = Case(1);
        Tensor Ratio(Fused.OverlapStatistics s) => ((s.intersection + 1).log() - (s.prediction * 0.5 + s.target).sqrt()).sum();
        var (sums, run) = OnMachine(() =>
        {
            Fused.OverlapStatistics? kept = null;
            var result = FaceRun.Of(logits, x => Ratio(kept = Fused.functional.overlap_statistics(x, labels, squared)));
            return (kept!, result);
        });
        var exact = Sums(logits.to_type(ScalarType.Float64), labels, squared);
        AssertNear(exact.I, sums.intersection);
        AssertNear(exact.P, sums.prediction);
        AssertNear(exact.T, sums.target);
        AssertNear(full([2], (double)logits[0, 0].numel(), ScalarType.Float64), sums.voxels);
        run.AssertIs(FaceRun.Exact(logits, x =>
        {
            var (i, p, t) = Sums(x, labels, squared);
            return ((i + 1).log() - (p * 0.5 + t).sqrt()).sum();
        }));
    }

    [Fact]
    public void Parts_of_a_volume_have_the_loss_and_the_gradient_of_the_whole()
    {
        using var scope = NewDisposeScope();
        var (logits, labels) = Case(2);
        var whole = FaceRun.Exact(
            logits, x => Reference.Dice(x, labels, batch: true, background: false) + Reference.CrossEntropy(x, labels));
        using var criterion = Fused.DiceCELoss(include_background: false, batch: true);
        (Tensor Logits, Tensor Labels)[] parts =
        [
            .. new (int First, int Count)[] { (0, 3), (3, 4), (7, 1) }
                .Select(part => (logits.narrow(2, part.First, part.Count), labels.narrow(1, part.First, part.Count))),
        ];
        var sums = OnMachine(() => parts.Select(part =>
        {
            using var noGradient = no_grad();
            return criterion.statistics(part.Logits, part.Labels);
        }).ToArray());
        var runs = parts.Select((part, i) => OnMachine(() => FaceRun.Of(
            part.Logits, x => criterion.forward(x, part.Labels, sums.Where((_, j) => j != i).Aggregate((a, b) => a + b))))).ToArray();
        Assert.All(runs, run => new FaceRun(run.Value, whole.Gradient).AssertIs(whole));
        new FaceRun(runs[0].Value, cat([.. runs.Select(run => run.Gradient)], 2)).AssertIs(whole);
    }

    [Theory]
    [InlineData(Fused.Activation.Softmax)]
    [InlineData(Fused.Activation.Sigmoid)]
    public void Metrics_come_with_the_loss(Fused.Activation activation)
    {
        using var scope = NewDisposeScope();
        var (logits, labels) = Case(3);
        using var criterion = Fused.DiceLoss(activation: activation);
        Fused.OverlapMetrics? metrics = null;
        var run = OnMachine(() => FaceRun.Of(logits, x =>
        {
            (var loss, metrics) = criterion.forward_with_metrics(x, labels);
            return loss;
        }));
        var isSoftmax = activation == Fused.Activation.Softmax;
        Tensor Soft(Tensor x) => isSoftmax ? torch.nn.functional.softmax(x, 1) : x.sigmoid();
        var (i, p, t) = SumsOf(Soft(logits.to_type(ScalarType.Float64)), labels);
        AssertNear(2 * i / (p + t), metrics!.soft_dice);
        var decided = isSoftmax ? OneHot(logits.argmax(1)) : logits.gt(0).to_type(ScalarType.Float64);
        (i, p, t) = SumsOf(decided, labels);
        AssertNear(2 * i / (p + t), metrics.hard_dice);
        run.AssertIs(FaceRun.Exact(logits, x =>
        {
            var (intersection, prediction, target) = SumsOf(Soft(x), labels);
            return (1 - (2 * intersection + 1e-5) / (prediction + target + 1e-5)).mean();
        }));
    }

    [Fact]
    public void A_loss_of_ones_own_of_the_sums()
    {
        using var scope = NewDisposeScope();
        var (logits, labels) = Case(4);
        using var criterion = Fused.OverlapLoss((i, p, t) => (1 - (2 * i + 1) / (p + t + 1)).clamp_min(1e-6).pow(0.75).mean());
        var run = OnMachine(() => FaceRun.Of(logits, x => criterion.forward(x, labels)));
        run.AssertIs(FaceRun.Exact(logits, x =>
        {
            var (i, p, t) = Sums(x, labels, squared: false);
            return (1 - (2 * i + 1) / (p + t + 1)).pow(0.75).mean();
        }));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Deep_supervision_sums_over_resolutions(bool nnunet)
    {
        using var scope = NewDisposeScope();
        var (_, labels) = Case(5);
        Tensor[] outputs = [randn(Shape), randn([2, Classes, 4, 2, 3]), randn([2, Classes, 2, 1, 2])];
        var weights = nnunet ? Fused.nnunet_supervision_weights(3) : null;
        var factors = weights ?? [1, 0.5, 0.25];
        using var criterion = Fused.DeepSupervisionLoss(Fused.DiceCELoss(), weights);
        Tensor Labels(Tensor output) => torch.nn.functional.interpolate(
            labels.unsqueeze(1).to_type(ScalarType.Float64), size: output.shape[2..], mode: InterpolationMode.NearestExact).squeeze(1);
        for (var level = 0; level < factors.Count(factor => factor > 0); level++)
        {
            Tensor[] With(Tensor x) => [.. outputs.Select((output, i) => i == level ? x : output)];
            var run = OnMachine(() => FaceRun.Of(outputs[level], x => criterion.forward(With(x), labels)));
            run.AssertIs(
                FaceRun.Exact(outputs[level], x => With(x).Select((output, i) =>
                {
                    var wide = output.to_type(ScalarType.Float64);
                    return factors[i] * (Reference.Dice(wide, Labels(output)) + Reference.CrossEntropy(wide, Labels(output)));
                }).Aggregate((a, b) => a + b)),
                $"level {level}");
        }
    }

    /// <summary>Terms of one activation share their passes; others do not.</summary>
    [Fact]
    public void Sums_of_losses_are_sums()
    {
        using var scope = NewDisposeScope();
        var (logits, labels) = Case(6);
        using var compound = Fused.CompoundLoss(
            (1, Fused.TverskyLoss(alpha: 0.3, beta: 0.7, include_background: false)), (0.5, Fused.CrossEntropyLoss()),
            (0.2, Fused.FocalLoss(gamma: 2)));
        using var top = Fused.TopKCrossEntropyLoss(k: 100);
        Tensor Exact(Tensor x) => Reference.Tversky(x, labels, 0.3, 0.7, background: false) + 0.5 * Reference.CrossEntropy(x, labels)
            + 0.2 * Reference.Focal(x, labels, 2);
        OnMachine(() => FaceRun.Of(logits, x => compound.forward(x, labels))).AssertIs(FaceRun.Exact(logits, Exact), "compound");

        // By torch: of the same logits, and of logits that are used elsewhere too.
        OnMachine(() => FaceRun.Of(logits, x => 3 * compound.forward(x, labels) - 0.25 * top.forward(x * 2, labels) + (x * x).mean()))
            .AssertIs(FaceRun.Exact(logits, x => 3 * Exact(x) - 0.25 * Reference.CrossEntropy(x * 2, labels) + (x * x).mean()), "by torch");
    }

    /// <summary>Two forwards before the first backward, gradients that add up, values without a graph: a forward keeps what its backward
    /// needs.</summary>
    [Fact]
    public void Forwards_and_backwards_come_in_any_order()
    {
        using var scope = NewDisposeScope();
        var (logits, labels) = Case(8);
        var others = randn(Shape);
        using var criterion = Fused.DiceCELoss();
        Tensor Exact(Tensor x) => Reference.Dice(x, labels) + Reference.CrossEntropy(x, labels);
        var (ofLogits, ofOthers) = (FaceRun.Exact(logits, Exact), FaceRun.Exact(others, Exact));
        OnMachine(() =>
        {
            var (x, y) = (logits.detach().requires_grad_(true), others.detach().requires_grad_(true));
            var (first, second) = (criterion.forward(x, labels), criterion.forward(y, labels));
            using (no_grad())
                Assert.Equal(ofOthers.Value, criterion.forward(y, labels).item<float>(), 2e-6);
            second.backward();
            new FaceRun(second.item<float>(), y.grad!.to_type(ScalarType.Float64)).AssertIs(ofOthers);
            (2 * first).backward();
            (0.5 * criterion.forward(x, labels)).backward();
            new FaceRun(first.item<float>(), x.grad!.to_type(ScalarType.Float64) / 2.5).AssertIs(ofLogits);
            return 0;
        });
    }

    private static (Tensor Logits, Tensor Labels) Case(int seed)
    {
        manual_seed(seed);
        return (randn(Shape), randint(Classes, [2, .. Shape[2..]], dtype: ScalarType.Int64));
    }

    private static (Tensor I, Tensor P, Tensor T) Sums(Tensor logits, Tensor labels, bool squared)
    {
        var p = torch.nn.functional.softmax(logits, 1);
        var (i, sum, t) = SumsOf(p, labels);
        return (i, squared ? (p * p).sum([2, 3, 4]) : sum, t);
    }

    private static (Tensor I, Tensor P, Tensor T) SumsOf(Tensor p, Tensor labels)
    {
        var t = OneHot(labels);
        return ((p * t).sum([2, 3, 4]), p.sum([2, 3, 4]), t.sum([2, 3, 4]));
    }

    private static Tensor OneHot(Tensor labels) =>
        labels.unsqueeze(1).eq(arange(Classes, ScalarType.Int64).reshape([1, Classes, 1, 1, 1])).to_type(ScalarType.Float64);

    private static void AssertNear(Tensor expected, Tensor actual)
    {
        Assert.Equal(ScalarType.Float64, actual.dtype);
        Assert.True(
            (actual - expected).abs().max().item<double>() <= FaceRun.Tolerance * expected.abs().max().item<double>(),
            $"{actual.str()} for {expected.str()}");
    }
}
