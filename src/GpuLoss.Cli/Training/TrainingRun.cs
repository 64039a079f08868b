using System.Diagnostics;
using GpuLoss.Cli.Volumes;
using TorchSharp;
using static TorchSharp.torch;
using Loss = TorchSharp.Loss<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;

namespace GpuLoss.Cli.Training;

/// <summary>How to train.</summary>
internal sealed record TrainingOptions(string Loss, int Steps, int PatchSide, int Seed, DeviceType Device);

/// <summary>What one step did.</summary>
/// <param name="Step">Its number, from 1.</param>
/// <param name="Loss">The loss of its patch.</param>
/// <param name="Seconds">The time of the whole step.</param>
/// <param name="LossSeconds">The time in the loss and its gradient with respect to the logits.</param>
/// <param name="LearningRate">The learning rate.</param>
/// <param name="Dice">Dice of every class on its patch.</param>
internal sealed record StepResult(int Step, double Loss, double Seconds, double LossSeconds, double LearningRate, double[] Dice);

/// <summary>Trains a U-Net on one volume. The same seed gives the same numbers on the same machine.</summary>
internal sealed class TrainingRun : IDisposable
{
    private const double HighestLearningRate = 8e-3;
    private const double LearningRateAtEnd = 0.02;
    private const double WarmUp = 0.05;

    private readonly LabelledVolume volume;
    private readonly TrainingOptions options;
    private readonly DisposeScope scope = NewDisposeScope();
    private readonly Tensor image;
    private readonly UNet3d network;
    private readonly Loss criterion;
    private readonly PatchSampler patches;
    private readonly optim.Optimizer optimizer;

    public TrainingRun(LabelledVolume volume, TrainingOptions options)
    {
        (this.volume, this.options) = (volume, options);
        random.manual_seed(options.Seed);
        var device = new Device(options.Device);
        network = new UNet3d(volume.Classes);
        network.to(device);
        criterion = SegmentationLosses.Create(options.Loss);
        optimizer = optim.AdamW(network.parameters(), HighestLearningRate, weight_decay: 1e-4);
        var size = volume.Size;
        long[] shape = [size.Z, size.Y, size.X];
        image = Padded(tensor(volume.Image, shape, device: device));
        var labels = Padded(tensor(volume.Labels, shape, device: device));
        patches = new PatchSampler(volume, image, labels, options.PatchSide, options.Seed);
    }

    /// <summary>The number of parameters of the network.</summary>
    public long Parameters => network.parameters().Sum(parameter => parameter.numel());

    /// <summary>One step of training.</summary>
    public StepResult Step(int step)
    {
        using var stepScope = NewDisposeScope();
        var begin = Stopwatch.GetTimestamp();
        var rate = LearningRate(step);
        foreach (var group in optimizer.ParamGroups)
            group.LearningRate = rate;

        var (input, target) = patches.Next();
        optimizer.zero_grad();
        var logits = network.forward(input);

        // The loss is cut off from the network at the logits, so that its forward and backward can be timed by themselves.
        var boundary = logits.detach().requires_grad_(true);
        var lossBegin = Stopwatch.GetTimestamp();
        var loss = criterion.forward(boundary, target);
        loss.backward();
        var lossSeconds = Stopwatch.GetElapsedTime(lossBegin).TotalSeconds;

        logits.backward([boundary.grad!]);
        optimizer.step();
        var value = loss.item<float>();
        var predicted = boundary.detach().argmax(1).to_type(ScalarType.Byte).cpu().data<byte>().ToArray();
        var dice = VolumeEvaluation.Dice(predicted, target.cpu().data<byte>().ToArray(), volume.Classes);
        return new StepResult(step, value, Stopwatch.GetElapsedTime(begin).TotalSeconds, lossSeconds, rate, dice);
    }

    /// <summary>Segments the whole volume.</summary>
    public byte[] Predict()
    {
        var padded = VolumeEvaluation.Predict(network, image, options.PatchSide, volume.Classes);
        var size = volume.Size;
        using var predictScope = NewDisposeScope();
        return tensor(padded, image.shape).narrow(0, 0, size.Z).narrow(1, 0, size.Y).narrow(2, 0, size.X).contiguous().data<byte>().ToArray();
    }

    public void Dispose()
    {
        optimizer.Dispose();
        criterion.Dispose();
        network.Dispose();
        scope.Dispose();
    }

    /// <summary>A linear rise, then half a cosine down.</summary>
    private double LearningRate(int step)
    {
        var progress = (double)step / options.Steps;
        return HighestLearningRate * (progress < WarmUp
            ? progress / WarmUp
            : LearningRateAtEnd + (1 - LearningRateAtEnd) * 0.5 * (1 + Math.Cos(Math.PI * (progress - WarmUp) / (1 - WarmUp))));
    }

    /// <summary>At least as large as a patch, filled with 0.</summary>
    private Tensor Padded(Tensor whole)
    {
        long Missing(int axis) => Math.Max(0, options.PatchSide - whole.shape[axis]);
        return torch.nn.functional.pad(whole, [0, Missing(2), 0, Missing(1), 0, Missing(0)], value: 0);
    }
}
