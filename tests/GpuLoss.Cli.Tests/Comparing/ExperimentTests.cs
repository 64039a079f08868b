using GpuLoss.Cli.Comparing;
using GpuLoss.Cli.Tests.Training;
using GpuLoss.Cli.Training;
using GpuLoss.Cli.Volumes;
using TorchSharp;

namespace GpuLoss.Cli.Tests.Comparing;

/// <summary>What makes runs comparable: the division of the data, the same patches and weights, the same length.</summary>
[Collection(TorchsRandomNumbers.Name)]
public class ExperimentTests
{
    private static readonly ComparisonSettings Settings = new(
        ["ce", "dice"], FirstSeed: 1, Seeds: 2, Steps: 400, TimeSpan.FromMinutes(10), EqualShare.Steps, PatchSide: 16, LearningRate: 5e-3,
        Sweep: false,
        DeviceType.CPU);

    [Fact]
    public void A_region_split_parts_every_voxel_where_the_scarcest_class_is_divided_best()
    {
        var split = DataSplit.ByRegion([Phantom]);
        var (training, validation) = (split.Training[0], split.Validation[0]);
        Assert.Equal(2, split.MirrorAxis); // the phantom is the same on both sides of x
        Assert.Equal(Phantom.Size, training.Size with { X = training.Size.X + validation.Size.X });
        for (var row = 0; row < Phantom.Size.Y * Phantom.Size.Z; row++)
        {
            byte[] joined = [.. Row(training, row), .. Row(validation, row)];
            Assert.Equal(Row(Phantom, row), joined);
        }

        Assert.Equal(Phantom.VoxelsPerClass(), training.VoxelsPerClass().Zip(validation.VoxelsPerClass(), (a, b) => a + b));
        var parts = Enumerable.Range(1, Phantom.Classes - 1)
            .Select(c => (double)training.VoxelsPerClass()[c] / Phantom.VoxelsPerClass()[c]);
        Assert.All(parts, part => Assert.InRange(part, 0.4, 0.6));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_part_of_a_volume_has_the_voxels_that_lie_there(int axis)
    {
        var part = Phantom.Part((Axis)axis, 3, 5);
        int[] begin = [0, 0, 0];
        begin[axis] = 3;
        for (var i = 0; i < part.Labels.Length; i++)
        {
            var (x, y, z) = (i % part.Size.X, i / part.Size.X % part.Size.Y, i / part.Size.X / part.Size.Y);
            var from = ((z + begin[2]) * Phantom.Size.Y + y + begin[1]) * Phantom.Size.X + x + begin[0];
            Assert.Equal((Phantom.Image[from], Phantom.Labels[from]), (part.Image[i], part.Labels[i]));
        }

        Assert.Equal(2, part.Size.Along((Axis)axis));
    }

    [Fact]
    public void A_class_on_one_side_of_every_cut_is_refused()
    {
        var one = new LabelledVolume(
            "one.nii", new GridSize(3, 3, 3), 1, new float[27], [.. Enumerable.Range(0, 27).Select(i => (byte)(i == 13 ? 1 : 0))],
            ["background", "a"]);
        Assert.Contains("one.nii: no cut", Assert.Throws<InputException>(() => DataSplit.ByRegion([one])).Message,
            StringComparison.Ordinal);
        Assert.Contains("several volumes", Assert.Throws<InputException>(() => DataSplit.ByVolume([one])).Message,
            StringComparison.Ordinal);
        Assert.Contains("other classes", Assert.Throws<InputException>(() => DataSplit.ByVolume([Phantom, one])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_split_by_volume_keeps_the_last_apart()
    {
        var volumes = Enumerable.Range(0, 8).Select(i => Phantom with { Source = $"{i}" }).ToList();
        var split = DataSplit.ByVolume(volumes);
        Assert.Equal(volumes[..6], split.Training);
        Assert.Equal(volumes[6..], split.Validation);
        Assert.Single(DataSplit.ByVolume(volumes[..2]).Validation);
        Assert.Null(split.MirrorAxis);
    }

    [Fact]
    public void A_seed_decides_patches_and_weights_and_the_loss_does_not()
    {
        var split = DataSplit.ByRegion([Phantom]);
        using var trainer = new ComparisonTrainer(split, Settings);
        var length = new RunLength(3, null, "");
        CompletedRun Train(string loss, int seed) =>
            trainer.Train(loss, seed, 5e-3, length, measuresSpread: false, (_, _, _) => { }, TestContext.Current.CancellationToken)!;
        var (ce, again, dice, other) = (Train("ce", 1), Train("ce", 1), Train("dice", 1), Train("ce", 2));
        Assert.Equal(ce.StepLosses, again.StepLosses);
        Assert.Equal(ce.Predictions, again.Predictions);
        Assert.Equal((ce.InitialWeights, ce.Patches), (dice.InitialWeights, dice.Patches));
        Assert.NotEqual(ce.StepLosses, dice.StepLosses);
        Assert.NotEqual(ce.InitialWeights, other.InitialWeights);
        Assert.NotEqual(ce.Patches, other.Patches);
        var predicted = PackedLabels.Unpack(ce.Predictions[0]);
        Assert.Equal(VolumeEvaluation.Dice(predicted, split.Validation[0].Labels, 5), ce.Checkpoints[^1].Dice);
        Assert.Equal([1, 2, 3], ce.Shares.Select(share => share.Step));
    }

    [Fact]
    public void Patches_lie_inside_hold_their_class_and_are_mirrored_half_the_time()
    {
        const int Side = 16;
        var sequence = new PatchSequence([Phantom, Phantom], Side, mirror: true, seed: 4);
        var places = Enumerable.Range(0, 200).Select(_ => sequence.Next()).ToList();
        Assert.Equal(places, sequence.Drawn);
        Assert.InRange(places.Count(place => place.Mirrored), 70, 130);
        Assert.InRange(places.Count(place => place.Volume == 1), 70, 130);
        for (var i = 0; i < places.Count; i++)
        {
            var patch = Phantom.Part(Axis.X, places[i].X, places[i].X + Side).Part(Axis.Y, places[i].Y, places[i].Y + Side)
                .Part(Axis.Z, places[i].Z, places[i].Z + Side);
            Assert.Contains((byte)(i % 5), patch.Labels); // the background takes its turn too
        }
    }

    [Fact]
    public void The_labels_of_a_patch_are_those_of_its_voxels()
    {
        using var scope = torch.NewDisposeScope();
        var volume = Phantom with { Image = Array.ConvertAll(Phantom.Labels, label => (float)label) };
        using var tensors = new VolumeTensors(volume, 16, torch.CPU);
        var sampler = new PatchSampler([tensors], new PatchSequence([volume], 16, mirror: true, seed: 5), 16, mirrorAxis: 1);
        for (var patch = 0; patch < 20; patch++)
        {
            var (image, labels) = sampler.Next();
            Assert.Equal(image.data<float>().ToArray(), labels.to(torch.ScalarType.Float32).data<float>().ToArray());
        }
    }

    [Fact]
    public void A_mirrored_patch_is_turned_around_along_its_axis()
    {
        var ramp = new LabelledVolume(
            "ramp", new GridSize(4, 4, 4), 1, [.. Enumerable.Range(0, 64).Select(i => (float)i)], [.. Enumerable.Repeat((byte)1, 64)],
            ["background", "a"]);
        using var tensors = new VolumeTensors(ramp, 4, torch.CPU);
        float[] At(bool mirror)
        {
            using var scope = torch.NewDisposeScope();
            var sampler = new PatchSampler([tensors], new PatchSequence([ramp], 4, mirror, Seed(mirror)), 4, mirrorAxis: 2);
            return sampler.Next().Image.data<float>().ToArray();
        }

        Assert.Equal(ramp.Image, At(mirror: false));
        Assert.Equal(ramp.Image.Chunk(4).SelectMany(row => row.Reverse()), At(mirror: true));

        // A seed whose first patch is mirrored.
        int Seed(bool mirror) =>
            Enumerable.Range(0, 50).First(seed => new PatchSequence([ramp], 4, mirror, seed).Next().Mirrored == mirror);
    }

    // 0.85·budget - 5 s spent - 2 seeds·4 s of spreads, over 6 runs; a step takes 0.1 s with what is looked at in it, and a prediction 1 s.
    [Theory]
    [InlineData(10, false, 400, null, 10)] // 82.8 s a run: 728 steps could be paid
    [InlineData(4, false, 268, null, 5)] // 31.8 s a run: ten checkpoints would take more than three tenths of it
    [InlineData(2, false, 128, null, 2)] // 14.8 s
    [InlineData(4, true, 268, 21.44, 5)] // the step alone takes 0.08 s
    [InlineData(0.5, false, 10, null, 1)] // 2.08 s
    public void The_budget_decides_the_length_of_a_run(double minutes, bool equalTime, int steps, double? seconds, int checkpoints)
    {
        var length = BudgetPlan.Fit(
            Settings with { Budget = TimeSpan.FromMinutes(minutes), Equal = equalTime ? EqualShare.Time : EqualShare.Steps }, runs: 6,
            Costs);
        Assert.Equal((steps, checkpoints), (length.Steps, length.Checkpoints));
        Assert.Equal(seconds ?? 0, length.Seconds ?? 0, 1e-9);
        Assert.Equal(seconds is null, length.Seconds is null);
        Assert.Equal(3, BudgetPlan.Fit(Settings with { Checkpoints = 3 }, 6, Costs).Checkpoints);
    }

    [Fact]
    public void A_budget_that_cannot_do_is_refused_at_once_with_one_that_can()
    {
        var message = Assert.Throws<InputException>(() => BudgetPlan.Fit(Settings with { Budget = TimeSpan.FromSeconds(20) }, 6, Costs))
            .Message;

        // (6·(5·0.1 + 1) + 8 + 5) / 0.85 = 25.9
        Assert.Contains("--budget 20s is too short for 4 runs: 5 steps of each need about 25.9s here", message, StringComparison.Ordinal);
        Assert.Equal(5, BudgetPlan.Fit(Settings with { Budget = TimeSpan.FromSeconds(25.9) }, 6, Costs).Steps);
    }

    private static RunCosts Costs { get; } = new(Step: 0.1, StepAlone: 0.08, Prediction: 1, Spread: 4, Spent: 5);

    [Fact]
    public void Weights_of_classes_are_inverse_to_their_voxels_with_a_mean_of_one()
    {
        var weights = SegmentationLosses.InverseFrequencyWeights([80, 20, 0, 10]);
        Assert.Equal(4, weights[1] / weights[0], 12);
        Assert.Equal(8, weights[3] / weights[0], 12);
        Assert.Equal(0, weights[2]);
        Assert.Equal(1, weights.Average(), 12);
    }

    private static LabelledVolume Phantom { get; } = VolumeSource.Load(new VolumeRequest(null, null, null, 5, 2), "/nonexistent");

    private static byte[] Row(LabelledVolume volume, int row) => volume.Labels.AsSpan(row * volume.Size.X, volume.Size.X).ToArray();
}
