using GpuLoss.Cli.Comparing.Explaining;
using GpuLoss.Cli.Tests.Training;
using GpuLoss.Cli.Training;
using GpuLoss.Cli.Volumes;
using TorchSharp;
using static TorchSharp.torch;

namespace GpuLoss.Cli.Tests.Comparing;

/// <summary>The explanations against autograd over torch's own operations, and against counts.</summary>
[Collection(TorchsRandomNumbers.Name)]
public class ExplainingTests
{
    private const int Classes = 4;

    [Fact]
    public void Gradient_shares_are_those_of_autograd()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(5);
        var (logits, labels) =
            (randn([1, Classes, 6, 5, 4]), randint(Classes - 1, [1, 6, 5, 4]).to_type(ScalarType.Byte)); // the last class is absent
        using var shares = new GradientShares();
        var share = shares.At(7, logits, labels);
        Assert.Equal(7, share.Step);
        var counts = Enumerable.Range(0, Classes).Select(c => labels.eq(c).sum().item<long>() / 120.0);
        Close(counts, share.Voxels);
        Close(Eager(logits, labels, (p, t) => -(p.log() * t).sum() / 120), share.CrossEntropy);
        Close(Eager(logits, labels, (p, t) => Dice(p, t).mean()), share.Dice);
        Close(Eager(logits, labels, (p, t) => Dice(p, t)[TensorIndex.Slice(1)].mean()), share.ForegroundDice);
        Assert.Equal(0, share.Dice[^1]);
    }

    [Fact]
    public void The_gradient_of_the_last_layer_is_that_of_autograd()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(6);
        var features = randn([2, 3, 4, 4, 4]);
        var (weight, bias) = (randn([Classes, 3, 1, 1, 1]).requires_grad_(true), randn([Classes]).requires_grad_(true));
        var logits = torch.nn.functional.conv3d(features, weight, bias);
        var labels = randint(Classes, [2, 4, 4, 4]);
        torch.nn.functional.cross_entropy(logits, labels).backward();
        using var loss = GpuLoss.nn.CrossEntropyLoss();
        var rows = GradientSpreads.OfLastLayer(GradientShares.Gradient(loss, logits, labels), features);
        for (var c = 0; c < Classes; c++)
        {
            var expected = weight.grad![c].flatten().data<float>().ToArray().Append(bias.grad![c].item<float>())
                .Select(value => (double)value);
            Assert.All(expected.Zip(rows[c]), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
        }
    }

    [Fact]
    public void The_spread_of_vectors_is_relative_to_their_mean()
    {
        // The mean is (3, 4), of length 5; the squared distances from it are 1, 1 and 0.
        Assert.Equal(Math.Sqrt(2.0 / 2) / 5, GradientSpreads.RelativeSpread([[4, 4], [2, 4], [3, 4]]), 12);
    }

    [Fact]
    public void Spreads_are_measured_for_every_class_and_loss()
    {
        var (size, seed) = HeadPhantomAt5mm();
        using var tensors = new VolumeTensors(size, 16, CPU);
        random.manual_seed(seed);
        using var network = new UNet3d(size.Classes);
        var spreads = GradientSpreads.Measure(
            network, new PatchSampler([tensors], new PatchSequence([size], 16, mirror: false, seed), 16), size.Classes);
        Assert.Equal(LossesOfBatches.All.Select(loss => loss.Name).Order(), spreads.Select(spread => spread.Loss).Distinct().Order());
        Assert.All(spreads, spread => Assert.True(spread is { ObjectVoxels: > 0, Batches: > 1, RelativeSpread: > 0 and < 1000 }));
        Assert.Equal(size.Classes - 1, spreads.Select(spread => spread.Class).Distinct().Count());
    }

    [Fact]
    public void One_missed_voxel_does_to_a_loss_what_its_formula_says()
    {
        const double V = OneVoxelError.SampleVoxels, L = OneVoxelError.LargeObject;
        var measured = OneVoxelError.Measure();
        foreach (var size in new[] { 1.0, 16, 4096 })
        {
            double Of(string loss) => measured.Single(error => error.Loss == loss && error.ObjectVoxels == (int)size).Effect;

            // I, P and T of background and object; a voxel that is missed is predicted as background.
            (double I, double P, double T)[] Sample(double voxels, double missed) =>
                [(V - voxels, V - voxels + missed, V - voxels), (voxels - missed, voxels - missed, voxels)];
            var (perfectSmall, perfectLarge) = (Sample(size, 0), Sample(L, 0));
            var (oneMissed, allMissed) = (Sample(size, 1), Sample(L, L));
            double Effect(Func<(double I, double P, double T)[], (double I, double P, double T)[], double> loss) =>
                (loss(oneMissed, perfectLarge) - loss(perfectSmall, perfectLarge)) / (
                    loss(perfectSmall, allMissed) - loss(perfectSmall, perfectLarge));
            (double I, double P, double T)[] Sum((double I, double P, double T)[] a, (double I, double P, double T)[] b) =>
                [.. a.Zip(b, (x, y) => (x.I + y.I, x.P + y.P, x.T + y.T))];
            double DiceOf((double I, double P, double T)[] s) => s.Average(c => 1 - 2 * c.I / (c.P + c.T));
            double Generalized((double I, double P, double T)[] s) =>
                1 - (2 * s.Sum(c => c.I / (c.T * c.T)) + 1e-5) / (s.Sum(c => (c.P + c.T) / (c.T * c.T)) + 1e-5);
            void Near(double expected, string loss) => Assert.Equal(1, Of(loss) / expected, 1e-3);
            Near(1 / L, "cross-entropy");
            Near(Effect((a, b) => (DiceOf(a) + DiceOf(b)) / 2), "Dice per sample");
            Near(Effect((a, b) => DiceOf(Sum(a, b))), "batch Dice");
            Near(Effect((a, b) => (Generalized(a) + Generalized(b)) / 2), "generalized Dice per sample");
            Near(Effect((a, b) => Generalized(Sum(a, b))), "generalized Dice of the batch");
        }
    }

    [Fact]
    public void Weights_of_generalized_Dice_are_one_over_squared_volume()
    {
        var (volume, seed) = HeadPhantomAt5mm();
        const int Side = 20;
        var sequence = new PatchSequence([volume], Side, mirror: true, seed);
        var places = Enumerable.Range(0, 30).Select(_ => sequence.Next()).ToList();
        using var tensors = new VolumeTensors(volume, Side, CPU);
        var shares = places.Select(place =>
        {
            var labels = tensors.Labels.narrow(0, place.Z, Side).narrow(1, place.Y, Side).narrow(2, place.X, Side);
            var counts = Enumerable.Range(0, volume.Classes).Select(c => labels.eq(c).sum().item<long>()).ToArray();
            var smallest = counts.Where(count => count > 0).Min();
            var weights = counts.Select(count => Math.Pow(count == 0 ? smallest : count, -2)).ToArray();
            return (Counts: counts, Weights: weights.Select(weight => weight / weights.Sum()).ToArray());
        }).ToList();
        foreach (var weight in GeneralizedDiceWeights.Over([volume], places, Side))
        {
            Assert.Equal(shares.Count(share => share.Counts[weight.Class] == 0) / 30.0, weight.Absent, 12);
            var sorted = shares.Select(share => share.Weights[weight.Class]).Order().ToArray();
            Assert.Equal((sorted[14] + sorted[15]) / 2, weight.Median, 12);
            Assert.InRange(weight.Low, sorted[2], sorted[3]);
            Assert.InRange(weight.High, sorted[26], sorted[27]);
        }
    }

    private static (LabelledVolume Volume, int Seed) HeadPhantomAt5mm() =>
        (VolumeSource.Load(new VolumeRequest(null, null, null, 5, 2), "/nonexistent"), 2);

    /// <summary>1 - 2·I / (P + T) of every class, the smoothing included.</summary>
    private static Tensor Dice(Tensor p, Tensor t)
    {
        long[] space = [0, 2, 3, 4];
        return 1 - (2 * (p * t).sum(space) + 1e-5) / (p.sum(space) + t.sum(space) + 1e-5);
    }

    private static double[] Eager(Tensor logits, Tensor labels, Func<Tensor, Tensor, Tensor> loss)
    {
        var z = logits.to_type(ScalarType.Float64).detach().requires_grad_(true);
        var t = stack([.. Enumerable.Range(0, Classes).Select(c => labels.eq(c))], 1).to_type(ScalarType.Float64);
        loss(z.softmax(1), t).backward();
        var perVoxel = z.grad!.abs().sum(1);
        var whole = perVoxel.sum().item<double>();
        return [.. Enumerable.Range(0, Classes).Select(c => (perVoxel * labels.eq(c)).sum().item<double>() / whole)];
    }

    private static void Close(IEnumerable<double> expected, double[] actual) =>
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
}
