using GpuLoss.Cli.Volumes;
using TorchSharp;
using static TorchSharp.torch;

namespace GpuLoss.Cli.Training;

/// <summary>How to train.</summary>
internal sealed record TrainingOptions(string Loss, int Steps, int PatchSide, int Seed, DeviceType Device);

/// <summary>Trains a U-Net on one volume. The same seed gives the same numbers on the same machine.</summary>
internal sealed class TrainingRun : IDisposable
{
    private const double HighestLearningRate = 8e-3;
    private const double LearningRateAtEnd = 0.02;
    private const double WarmUp = 0.05;

    private readonly TrainingOptions options;
    private readonly VolumeTensors tensors;
    private readonly Trainer trainer;

    public TrainingRun(LabelledVolume volume, TrainingOptions options)
    {
        this.options = options;
        var device = new Device(options.Device);
        tensors = new VolumeTensors(volume, options.PatchSide, device);
        var patches = new PatchSampler([tensors], new PatchSequence([volume], options.PatchSide, mirror: false, options.Seed), options.PatchSide);
        var criterion = SegmentationLosses.Get(options.Loss).Create(volume.VoxelsPerClass());
        trainer = new Trainer(volume.Classes, criterion, patches, options.Seed, device, LearningRate);
    }

    /// <summary>The number of parameters of the network.</summary>
    public long Parameters => trainer.Network.Parameters;

    /// <summary>One step of training.</summary>
    public StepResult Step(int step) => trainer.Step(step);

    /// <summary>Segments the whole volume.</summary>
    public byte[] Predict() => tensors.Predict(trainer.Network);

    public void Dispose()
    {
        trainer.Dispose();
        tensors.Dispose();
    }

    /// <summary>A linear rise, then half a cosine down.</summary>
    private double LearningRate(int step)
    {
        var progress = (double)step / options.Steps;
        return HighestLearningRate * (progress < WarmUp
            ? progress / WarmUp
            : LearningRateAtEnd + (1 - LearningRateAtEnd) * 0.5 * (1 + Math.Cos(Math.PI * (progress - WarmUp) / (1 - WarmUp))));
    }
}
