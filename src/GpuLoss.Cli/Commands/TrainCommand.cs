using System.CommandLine;
using GpuLoss.Cli.Reporting;
using GpuLoss.Cli.Training;
using GpuLoss.Cli.Volumes;
using Spectre.Console;

namespace GpuLoss.Cli.Commands;

/// <summary><c>train</c>: a network learns to segment one volume with the fused losses.</summary>
internal static class TrainCommand
{
    private const int ExitFailed = 1;
    private const int DefaultSteps = 900;
    private const double DefaultLearningRate = 8e-3;

    public static Command Create()
    {
        var image = new Option<string?>(
            "--image")
        { Description = "A NIfTI image: .nii, or .hdr with .img; gzipped or not. Without one: Colin 27, or a phantom." };
        var labels = new Option<string?>("--labels") { Description = "Its labels, whole numbers on the same grid." };
        var loss = OptionParsing.OneOf(
            "--loss", $"{string.Join(", ", SegmentationLosses.Names)}.", [.. SegmentationLosses.Names], "dice+ce");
        var steps = OptionParsing.Number("--steps", "Steps of training.", DefaultSteps, number => number >= 1, "a whole number, 1 or more");
        var rate = OptionParsing.Real(
            "--rate", "The highest learning rate.", DefaultLearningRate, number =>
                number is > 0 and < 1e30, "a number above 0 and below 1e30");
        var shared = new TrainingCommandOptions("report");

        var command = new Command(
            "train",
            "Trains a small 3-D U-Net on one volume with a fused loss and reports Dice per class before and after. "
            + "On a CPU its network is checked against float64 first; exit code 3 where libtorch computes it wrongly. "
            + "A loss, gradient or weight that is not finite ends it with exit code 1 and a report of what there is. "
            + "Ctrl-C ends the training, writes the report of what there is, and exits with 130.")
        {
            image, labels, loss, steps, rate,
        };
        shared.AddTo(command);
        command.SetAction(result => Run(
            shared.Request(result) with { ImagePath = result.GetValue(image), LabelsPath = result.GetValue(labels) },
            new TrainingOptions(
                result.GetValue(loss)!, result.GetValue(steps), result.GetValue(rate), shared.PatchSide(result), shared.Seed(result),
                shared.Device(result)),
            shared.Folder(result)));
        return command;
    }

    private static int Run(VolumeRequest request, TrainingOptions options, string folder)
    {
        HeapSettings.KeepFreedBlocks();
        using var interruption = new Interruption();
        var volume = VolumeSource.Load(request);

        // Before the ranks know each other: the check may start the program again.
        NetworkCheck.Ensure(volume.Classes, options.PatchSide, options.Device);
        if (Ranks.IsFirst)
            ReportFolder.Check(folder);
        var display = new TrainingDisplay(Ranks.Console, volume, options);
        using var run = new TrainingRun(volume, options);
        display.ShowData(run.Parameters);
        if (Ranks.All.size > 1)
            Ranks.Console.WriteLine($"On {Ranks.All.size} ranks, a patch of each in every step: {Ranks.All}");

        var before = Ranks.IsFirst ? VolumeEvaluation.Dice(run.Predict(), volume.Labels, volume.Classes) : [];
        using var stop = new CancellationTokenSource();
        var steps = new List<StepResult>();
        TrainingFailure? failure = null;
        try
        {
            display.Follow(StepOfAll, steps, stop.Token);
        }
        catch (TrainingFailedException exception)
        {
            failure = exception.Failure;
        }

        if (Ranks.IsFirst)
        {
            if (failure != null)
                Console.Error.WriteLine(failure);

            // Weights that are not finite predict nothing.
            var predicted = failure is { What: TrainingFailure.Weights } ? null : run.Predict();
            var after = predicted is null ? null : VolumeEvaluation.Dice(predicted, volume.Labels, volume.Classes);
            var outcome = new TrainingOutcome(volume, options, steps, before, after, predicted, failure);
            TrainingReport.Write(folder, outcome);
            display.ShowOutcome(outcome, folder);
        }

        Ranks.All.barrier(); // nobody leaves before the report is written: an exit code ends all ranks
        return failure != null ? ExitFailed : stop.IsCancellationRequested ? Interruption.ExitCode : 0;

        // Ranks stop after the same step.
        StepResult StepOfAll(int step)
        {
            var result = run.Step(step);
            if (Ranks.Any(interruption.Token.IsCancellationRequested))
                stop.Cancel();
            return result;
        }
    }
}
