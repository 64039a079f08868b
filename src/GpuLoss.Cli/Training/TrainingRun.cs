using GpuLoss.Cli.Commands;
using GpuLoss.Cli.Volumes;
using GpuLoss.Distributed;
using GpuLoss.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace GpuLoss.Cli.Training;

/// <summary>How to train.</summary>
/// <param name="Loss">What the command line calls the loss.</param>
/// <param name="Steps">The number of steps.</param>
/// <param name="LearningRate">The highest learning rate.</param>
/// <param name="PatchSide">The side of a patch.</param>
/// <param name="Seed">Decides the initial weights and the patches.</param>
/// <param name="Device">Where to train.</param>
internal sealed record TrainingOptions(string Loss, int Steps, double LearningRate, int PatchSide, int Seed, DeviceType Device);

/// <summary>Trains a U-Net on one volume, on all ranks together, each with patches of its own. The same seed gives the same numbers on the
/// same machine.</summary>
internal sealed class TrainingRun : IDisposable
{
    private const double LearningRateAtEnd = 0.02;
    private const double WarmUp = 0.05;

    private readonly TrainingOptions options;
    private readonly VolumeTensors tensors;
    private readonly Trainer trainer;

    public TrainingRun(LabelledVolume volume, TrainingOptions options)
    {
        this.options = options;
        var (device, ranks) = (Ranks.DeviceOf(options.Device), Ranks.All);
        tensors = new VolumeTensors(volume, options.PatchSide, device);
        var patches = new PatchSampler(
            [tensors], new PatchSequence([volume], options.PatchSide, mirror: false, options.Seed), options.PatchSide,
            rank: ranks.rank, ranks: ranks.size);
        trainer = new Trainer(
            volume.Classes, SegmentationLosses.Get(options.Loss), volume.VoxelsPerClass(), patches, options.Seed, device, LearningRate,
            ranks.size > 1 ? ranks : null);
    }

    /// <summary>The number of parameters of the network.</summary>
    public long Parameters => trainer.Network.Parameters;

    /// <summary>One step of training.</summary>
    /// <exception cref="TrainingFailedException">Something was not finite.</exception>
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
        return options.LearningRate * (progress < WarmUp
            ? progress / WarmUp
            : LearningRateAtEnd + (1 - LearningRateAtEnd) * 0.5 * (1 + Math.Cos(Math.PI * (progress - WarmUp) / (1 - WarmUp))));
    }
}
