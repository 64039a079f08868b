using System.Globalization;
using System.Text.Json;
using GpuLoss.Cli.Training;
using GpuLoss.Cli.Volumes;
using TorchSharp;
using static TorchSharp.torch;
using Loss = TorchSharp.Loss<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;

namespace GpuLoss.Cli.Tests.Training;

/// <summary>A training learns: by a margin that one without steps, with the sign turned or without a gradient does not reach.</summary>
[Collection(TorchsRandomNumbers.Name)]
public sealed class LearningTests
{
    private const int Steps = 80;
    private const int Side = 16;
    private const double DiceMargin = 0.15;
    private static readonly LabelledVolume Phantom = Coarse();

    public static TheoryData<string> Losses { get; } = [.. SegmentationLosses.Names];

    [Theory]
    [MemberData(nameof(Losses))]
    public void Every_loss_learns(string loss)
    {
        var (first, last, before, after) = Train(loss, 8e-3);
        TestContext.Current.TestOutputHelper?.WriteLine($"{loss}: loss {first:F4} to {last:F4}, Dice {before:F4} to {after:F4}");
        Assert.True(last < first, $"The loss went from {first} to {last}.");
        Assert.True(after > before + DiceMargin, $"Dice went from {before} to {after}.");
    }

    [Theory]
    [InlineData(1, 1e-12)]
    [InlineData(0, 8e-3)]
    [InlineData(-1, 8e-3)]
    public void Without_steps_or_a_gradient_or_with_its_sign_turned_nothing_reaches_the_margin(double factor, double rate)
    {
        var loss = new SegmentationLoss("altered", "", _ => new Altered(value => value * factor));
        var device = new Device(DeviceType.CPU);
        using var tensors = new VolumeTensors(Phantom, Side, device);
        var patches = new PatchSampler([tensors], new PatchSequence([Phantom], Side, mirror: false, seed: 1), Side);
        using var trainer = new Trainer(Phantom.Classes, loss, Phantom.VoxelsPerClass(), patches, seed: 1, device, _ => rate);
        var before = ForegroundDice(tensors.Predict(trainer.Network));
        for (var step = 1; step <= Steps; step++)
            trainer.Step(step);
        var after = ForegroundDice(tensors.Predict(trainer.Network));
        Assert.True(after < before + DiceMargin / 3, $"Dice went from {before} to {after}.");
    }

    /// <summary>Four steps against the same written with torch's own loss, without a cut at the logits.</summary>
    [Fact]
    public void A_step_does_what_a_plain_training_loop_does()
    {
        var device = new Device(DeviceType.CPU);
        using var tensors = new VolumeTensors(Phantom, Side, device);
        PatchSampler Patches() => new([tensors], new PatchSequence([Phantom], Side, mirror: true, seed: 3), Side);
        static double Rate(int step) => 0.01 / step;
        using var trainer =
            new Trainer(Phantom.Classes, SegmentationLosses.Get("ce"), Phantom.VoxelsPerClass(), Patches(), seed: 3, device, Rate);
        var losses = Enumerable.Range(1, 4).Select(step => trainer.Step(step).Loss).ToList();

        random.manual_seed(3);
        using var network = new UNet3d(Phantom.Classes);
        using var optimizer = optim.AdamW(network.parameters(), weight_decay: 1e-4);
        var patches = Patches();
        for (var step = 1; step <= 4; step++)
        {
            using var scope = NewDisposeScope();
            optimizer.ParamGroups.Single().LearningRate = Rate(step);
            var (image, labels) = patches.Next();
            optimizer.zero_grad();
            var loss = torch.nn.functional.cross_entropy(network.forward(image), labels.to(ScalarType.Int64));
            loss.backward();
            optimizer.step();
            Assert.Equal(loss.item<float>(), losses[step - 1], 1e-4);
        }

        Assert.True(losses.Distinct().Count() == 4);
    }

    [Fact]
    public void The_command_reports_what_it_learnt()
    {
        var folder = Directory.CreateTempSubdirectory("gpuloss-learning-");
        try
        {
            var (exitCode, _, error) = Cli.Run(["train", "--steps", "60", "--spacing", "4", "--patch", "24", "--out", folder.FullName]);
            Assert.Equal((0, ""), (exitCode, error));
            using var summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder.FullName, "summary.json")));
            var cortex = summary.RootElement.GetProperty("classes")[1];
            var (before, after) = (cortex.GetProperty("dice_before").GetDouble(), cortex.GetProperty("dice_after").GetDouble());
            Assert.True(after > Math.Max(before, 0.25) + 0.15, $"Dice of {cortex.GetProperty("name")} went from {before} to {after}.");
            var losses = File.ReadLines(Path.Combine(folder.FullName, "metrics.csv")).Skip(1)
                .Select(row => double.Parse(row.Split(',')[1], CultureInfo.InvariantCulture)).ToList();
            Assert.True(losses.TakeLast(10).Average() < 0.9 * losses.Take(10).Average());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The phantom with its three small structures as one class: what is left of each alone at this size takes long to
    /// learn.</summary>
    private static LabelledVolume Coarse()
    {
        var volume = VolumeSource.Load(new VolumeRequest(null, null, null, 6, Seed: 1), templates: "nowhere");
        return volume with
        {
            Labels = Array.ConvertAll(volume.Labels, label => Math.Min(label, (byte)2)),
            ClassNames = ["background", "cortex", "inner"]
        };
    }

    private static (double FirstLoss, double LastLoss, double DiceBefore, double DiceAfter) Train(string loss, double rate)
    {
        using var run = new TrainingRun(Phantom, new TrainingOptions(loss, Steps, rate, Side, Seed: 1, DeviceType.CPU));
        var before = ForegroundDice(run.Predict());
        var losses = new List<double>();
        for (var step = 1; step <= Steps; step++)
        {
            losses.Add(run.Step(step).Loss);

            // What has learnt enough by now need not go on.
            if (step is Steps / 2 or Steps * 3 / 4 && ForegroundDice(run.Predict()) > before + DiceMargin)
                break;
        }

        return (losses.Take(10).Average(), losses.TakeLast(10).Average(), before, ForegroundDice(run.Predict()));
    }

    private static double ForegroundDice(byte[] predicted) =>
        VolumeEvaluation.Dice(predicted, Phantom.Labels, Phantom.Classes).Skip(1).Average();

    private sealed class Altered(Func<Tensor, Tensor> alter) : Loss(torch.nn.Reduction.Mean)
    {
        public override Tensor forward(Tensor logits, Tensor labels) =>
            alter(torch.nn.functional.cross_entropy(logits, labels.to(ScalarType.Int64)));
    }
}
