using System.CommandLine;
using GpuLoss.Cli.Reporting;
using GpuLoss.Cli.Training;
using GpuLoss.Cli.Volumes;
using Spectre.Console;

namespace GpuLoss.Cli.Commands;

/// <summary><c>train</c>: a network learns to segment one volume with the fused losses.</summary>
internal static class TrainCommand
{
    private const int DefaultSteps = 900;

    public static Command Create()
    {
        var image = new Option<string?>("--image") { Description = "A NIfTI-1 image, .nii or .nii.gz. Without one: Colin 27, or a phantom." };
        var labels = new Option<string?>("--labels") { Description = "Its labels, whole numbers on the same grid." };
        var loss = new Option<string>("--loss")
        {
            Description = $"{string.Join(", ", SegmentationLosses.Names)}.",
            DefaultValueFactory = _ => "dice+ce",
        };
        loss.AcceptOnlyFromAmong([.. SegmentationLosses.Names]);
        var steps = OptionParsing.Number("--steps", "Steps of training.", DefaultSteps, number => number >= 1, "a whole number, 1 or more");
        var shared = new TrainingCommandOptions("report");

        var command = new Command(
            "train",
            "Trains a small 3-D U-Net on one volume with a fused loss and reports Dice per class before and after. "
            + "Ctrl-C ends the training, writes the report of what there is, and exits with 130.")
        {
            image, labels, loss, steps,
        };
        shared.AddTo(command);
        command.SetAction(result => Run(
            new VolumeRequest(
                result.GetValue(image), result.GetValue(labels), shared.Classes(result), shared.Spacing(result), shared.Seed(result)),
            new TrainingOptions(
                result.GetValue(loss)!, result.GetValue(steps), shared.PatchSide(result), shared.Seed(result), shared.Device(result)),
            shared.Folder(result)));
        return command;
    }

    private static int Run(VolumeRequest request, TrainingOptions options, string folder)
    {
        if (Ranks.IsFirst)
            ReportFolder.Check(folder);
        HeapSettings.KeepFreedBlocks();
        using var interruption = new Interruption();
        var volume = VolumeSource.Load(request);
        var display = new TrainingDisplay(Ranks.Console, volume, options);
        using var run = new TrainingRun(volume, options);
        display.ShowData(run.Parameters);
        if (Ranks.All.size > 1)
            Ranks.Console.WriteLine($"On {Ranks.All.size} ranks, a patch of each in every step: {Ranks.All}");

        var before = Ranks.IsFirst ? VolumeEvaluation.Dice(run.Predict(), volume.Labels, volume.Classes) : [];
        using var stop = new CancellationTokenSource();
        var steps = display.Follow(StepOfAll, stop.Token);
        if (Ranks.IsFirst)
        {
            var predicted = run.Predict();
            var after = VolumeEvaluation.Dice(predicted, volume.Labels, volume.Classes);
            var outcome = new TrainingOutcome(volume, options, steps, before, after, predicted);
            TrainingReport.Write(folder, outcome);
            display.ShowOutcome(outcome, folder);
        }

        Ranks.All.barrier(); // nobody leaves before the report is written: an exit code ends all ranks
        return stop.IsCancellationRequested ? Interruption.ExitCode : 0;

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
