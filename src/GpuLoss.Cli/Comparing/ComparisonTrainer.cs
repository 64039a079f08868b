using System.Diagnostics;
using GpuLoss.Cli.Commands;
using GpuLoss.Cli.Comparing.Explaining;
using GpuLoss.Cli.Comparing.Measures;
using GpuLoss.Cli.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace GpuLoss.Cli.Comparing;

/// <summary>Trains on the data of a comparison, one loss and one seed at a time. Nothing but these, the learning rate and the length
/// differs between runs.</summary>
internal sealed class ComparisonTrainer : IDisposable
{
    /// <summary>How far from a run's seed that of other patches lies, so that no run draws the same.</summary>
    public const int SeedsApart = 1_000_000;

    private const int SharesPerRun = 20;
    private const int HashedPatches = 64;
    private const int StepsToWarmUp = 2;
    private const int StepsToTime = 2;

    private readonly DataSplit split;
    private readonly ComparisonSettings settings;
    private readonly Device device;
    private readonly long[] trainingVoxels;
    private readonly List<VolumeTensors> training;
    private readonly List<VolumeTensors> validation;

    public ComparisonTrainer(DataSplit split, ComparisonSettings settings)
    {
        (this.split, this.settings, device) = (split, settings, Ranks.DeviceOf(settings.Device));
        trainingVoxels = DataSplit.VoxelsPerClass(split.Training);
        training = [.. split.Training.Select(volume => new VolumeTensors(volume, settings.PatchSide, device))];
        validation = [.. split.Validation.Select(volume => new VolumeTensors(volume, settings.PatchSide, device))];
    }

    private int Classes => split.ClassNames.Count;

    /// <summary>The places a run with a seed cuts its patches from.</summary>
    public static PatchSequence Sequence(DataSplit split, int side, int seed) => new(split.Training, side, split.MirrorAxis != null, seed);

    /// <summary>Trains once.</summary>
    /// <param name="loss">The loss.</param>
    /// <param name="seed">The seed of the initial weights and the patches.</param>
    /// <param name="learningRate">The learning rate, constant.</param>
    /// <param name="length">How long.</param>
    /// <param name="measuresSpread">Whether the spread of the gradients is measured at the end.</param>
    /// <param name="progress">Told after every step: the step, which part of the run is done, and the last Dice on the validation
    /// data.</param>
    /// <param name="stop">Ends the run early.</param>
    /// <returns>The run, which may have diverged, or null where it was ended early.</returns>
    public CompletedRun? Train(
        string loss, int seed, double learningRate, RunLength length, bool measuresSpread, Action<int, double, double[]?> progress,
        CancellationToken stop)
    {
        var sequence = Sequence(split, settings.PatchSide, seed);
        var patches = Sampler(sequence);
        using var trainer = NewTrainer(loss, patches, seed, learningRate);
        using var gradientShares = new GradientShares();
        var initialWeights = Hashes.Of(trainer.Network);
        var (checkpoints, shares, average, losses) =
            (new List<Checkpoint>(), new List<GradientShare>(), new ShareAverage(), new List<double>());
        double seconds = 0, lossSeconds = 0, done = 0;
        var predictions = Array.Empty<byte[]>();
        TrainingFailure? failure = null;
        while (done < 1)
        {
            if (stop.IsCancellationRequested)
                return null;
            StepResult result;
            try
            {
                result = trainer.Step(losses.Count + 1, (logits, labels) =>
                    average.Add(gradientShares.At(losses.Count + 1, logits, labels)));
            }
            catch (TrainingFailedException exception)
            {
                failure = exception.Failure;
                break;
            }

            losses.Add(result.Loss);
            (seconds, lossSeconds) = (seconds + result.Seconds, lossSeconds + result.LossSeconds);
            done = Math.Min(1, length.Seconds is { } all ? seconds / all : (double)losses.Count / length.Steps);
            if (Passes(done, shares.Count, SharesPerRun))
                shares.Add(average.Take());
            if (Passes(done, checkpoints.Count, length.Checkpoints))
            {
                predictions = [.. validation.Select(volume => volume.Predict(trainer.Network))];
                checkpoints.Add(new Checkpoint(losses.Count, seconds, MeanDice(validation, predictions)));
            }

            progress(losses.Count, done, checkpoints.LastOrDefault()?.Dice);
        }

        // The spread takes patches of its own, the same for all losses of a seed.
        GradientSpread[] spreads = measuresSpread && failure is null
            ? GradientSpreads.Measure(trainer.Network, Sampler(Sequence(split, settings.PatchSide, seed + SeedsApart)), Classes)
            : [];
        return new CompletedRun(
            loss, seed, learningRate, losses.Count, seconds, lossSeconds, initialWeights, Hashes.Of(sequence.Drawn.Take(HashedPatches)),
            [.. losses],
            [.. checkpoints], [.. shares], spreads, Array.ConvertAll(predictions, PackedLabels.Pack), failure);
    }

    /// <summary>Mean Dice of the foreground on the training data after a short training: learning rates are not chosen by the validation
    /// data.</summary>
    /// <returns>Dice, NaN where the training diverged, or null where it was ended early.</returns>
    public double? Try(string loss, int seed, double learningRate, int steps, CancellationToken stop)
    {
        using var trainer = NewTrainer(loss, Sampler(Sequence(split, settings.PatchSide, seed)), seed, learningRate);
        for (var step = 1; step <= steps; step++)
        {
            if (stop.IsCancellationRequested)
                return null;
            try
            {
                trainer.Step(step);
            }
            catch (TrainingFailedException)
            {
                return double.NaN;
            }
        }

        return MeanDice(training, [.. training.Select(volume => volume.Predict(trainer.Network))]).Skip(1).Average();
    }

    /// <summary>Times the parts of a run, with every loss: a step of one may cost more than that of another.</summary>
    public RunCosts Costs()
    {
        var begin = Stopwatch.GetTimestamp();
        using var gradientShares = new GradientShares();
        double step = 0, alone = 0, prediction = 0, spread = 0;
        var timed = 0;
        foreach (var loss in settings.Losses)
        {
            var patches = Sampler(Sequence(split, settings.PatchSide, settings.FirstSeed));
            using var trainer = NewTrainer(loss, patches, settings.FirstSeed, settings.LearningRate);
            StepResult Step(int number) => trainer.Step(number, (logits, labels) => gradientShares.At(number, logits, labels));
            try
            {
                for (var number = 1; number <= StepsToWarmUp; number++)
                    Step(number);
                var (time, results) = Seconds(() => Enumerable.Range(StepsToWarmUp + 1, StepsToTime).Select(Step).ToList());
                (step, alone, timed) = (step + time / StepsToTime, alone + results.Average(result => result.Seconds), timed + 1);
            }
            catch (TrainingFailedException)
            {
                // Its runs will say so, and take less time than the others.
            }

            if (loss != settings.Losses[0])
                continue;
            prediction = Seconds(() => validation.ConvertAll(volume => volume.Predict(trainer.Network))).Time;
            GradientSpreads.Measure(trainer.Network, patches, Classes, batches: 1);
            spread = GradientSpreads.Batches * Seconds(() => GradientSpreads.Measure(trainer.Network, patches, Classes, batches: 1)).Time;
        }

        var spent = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        return timed > 0
            ? new RunCosts(step / timed, alone / timed, prediction, spread, spent)
            : new RunCosts(spent / settings.Losses.Count, spent / settings.Losses.Count, prediction, spread, spent);
    }

    public void Dispose()
    {
        foreach (var volume in training.Concat(validation))
            volume.Dispose();
    }

    /// <summary>Whether the next of <paramref name="count"/> equally spaced moments of a run has come.</summary>
    private static bool Passes(double done, int passed, int count) => done * count >= passed + 1 - 1e-9;

    private static (double Time, T Result) Seconds<T>(Func<T> work)
    {
        var begin = Stopwatch.GetTimestamp();
        var result = work();
        return (Stopwatch.GetElapsedTime(begin).TotalSeconds, result);
    }

    /// <summary>Dice of every class, the mean over the volumes that have it or in which it was predicted; NaN without one.</summary>
    private static double[] MeanDice(List<VolumeTensors> volumes, byte[][] predictions)
    {
        var dice = volumes.Zip(predictions, (volume, predicted) =>
            VolumeEvaluation.Dice(predicted, volume.Volume.Labels, volume.Volume.Classes, ofAbsent: double.NaN)).ToList();
        return [.. Enumerable.Range(0, dice[0].Length).Select(c => ClassMeasures.MeanDice(dice.Select(values => values[c])))];
    }

    private PatchSampler Sampler(PatchSequence sequence) => new(training, sequence, settings.PatchSide, split.MirrorAxis ?? 0);

    private Trainer NewTrainer(string loss, PatchSampler patches, int seed, double learningRate) =>
        new(Classes, SegmentationLosses.Get(loss), trainingVoxels, patches, seed, device, _ => learningRate);
}
