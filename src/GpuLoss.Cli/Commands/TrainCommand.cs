using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using GpuLoss.Cli.Reporting;
using GpuLoss.Cli.Training;
using GpuLoss.Cli.Volumes;
using Spectre.Console;
using TorchSharp;

namespace GpuLoss.Cli.Commands;

/// <summary><c>train</c>: a network learns to segment one volume with the fused losses.</summary>
internal static class TrainCommand
{
    private const int ExitInterrupted = 130;
    private const int DefaultSteps = 900;
    private const int DefaultPatchSide = 40;

    public static Command Create()
    {
        var image = new Option<string?>("--image") { Description = "A NIfTI-1 image, .nii or .nii.gz. Without one: Colin 27, or a phantom." };
        var labels = new Option<string?>("--labels") { Description = "Its labels, whole numbers on the same grid." };
        var classes = new Option<string?>("--classes")
        {
            Description = "Which labels make a class: \"name=1,2,3;name=4\" or a .json file { \"name\": [1, 2, 3] }. All others are background.",
        };
        var loss = new Option<string>("--loss")
        {
            Description = $"{string.Join(", ", SegmentationLosses.Names)}.",
            DefaultValueFactory = _ => "dice+ce",
        };
        loss.AcceptOnlyFromAmong([.. SegmentationLosses.Names]);
        var steps = OptionParsing.Number("--steps", "Steps of training.", DefaultSteps, number => number >= 1, "a whole number, 1 or more");
        var patch = OptionParsing.Number(
            "--patch", "Side of a patch in voxels, a multiple of 4.", DefaultPatchSide,
            number => number is >= 16 and <= 512 && number % UNet3d.SideMultiple == 0, "a multiple of 4 from 16 to 512");
        var seed = OptionParsing.Number(
            "--seed", "The same seed gives the same result on the same machine.", 1, number => number >= 0, "a whole number, 0 or more");
        var spacing = new Option<double?>("--spacing")
        {
            Description = "Voxel edge in mm to resample to. Default: 2 for the built-in data, the finest edge of a file.",
            CustomParser = OptionParsing.Parser<double?>(
                text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var edge) && edge is > 0.05 and < 50 ? edge : null,
                "--spacing", "a number of mm between 0.05 and 50"),
        };
        var device = new Option<string>("--device") { Description = "cpu or cuda.", DefaultValueFactory = _ => "cpu" };
        device.AcceptOnlyFromAmong("cpu", "cuda");
        var output = new Option<string>("--out") { Description = "Folder of the report.", DefaultValueFactory = _ => "report" };

        var command = new Command(
            "train",
            "Trains a small 3-D U-Net on one volume with a fused loss and reports Dice per class before and after. "
            + "Ctrl-C ends the training, writes the report of what there is, and exits with 130.")
        {
            image, labels, classes, loss, steps, patch, spacing, seed, device, output,
        };
        command.SetAction(result => Run(
            new VolumeRequest(
                result.GetValue(image), result.GetValue(labels), result.GetValue(classes), result.GetValue(spacing), result.GetValue(seed)),
            new TrainingOptions(
                result.GetValue(loss)!, result.GetValue(steps), result.GetValue(patch), result.GetValue(seed),
                result.GetValue(device) == "cuda" ? DeviceType.CUDA : DeviceType.CPU),
            result.GetValue(output)!));
        return command;
    }

    private static int Run(VolumeRequest request, TrainingOptions options, string folder)
    {
        if (options.Device == DeviceType.CUDA && GpuState.WhyNoCuda() is { } reason)
            throw new InputException($"--device cuda: {reason}");

        TrainingReport.CheckFolder(folder);
        HeapSettings.KeepFreedBlocks();
        using var stop = new CancellationTokenSource();
        using var interrupt = StopOn(PosixSignal.SIGINT, stop);
        using var terminate = StopOn(PosixSignal.SIGTERM, stop);
        var volume = VolumeSource.Load(request);
        var display = new TrainingDisplay(AnsiConsole.Console, volume, options);
        using var run = new TrainingRun(volume, options);
        display.ShowData(run.Parameters);

        var before = VolumeEvaluation.Dice(run.Predict(), volume.Labels, volume.Classes);
        var steps = display.Follow(run.Step, stop.Token);
        var predicted = run.Predict();
        var after = VolumeEvaluation.Dice(predicted, volume.Labels, volume.Classes);
        var outcome = new TrainingOutcome(volume, options, steps, before, after, predicted);
        TrainingReport.Write(folder, outcome);
        display.ShowOutcome(outcome, folder);
        return stop.IsCancellationRequested ? ExitInterrupted : 0;
    }

    /// <summary>The first signal ends the training after its step; a second one ends the process.</summary>
    private static PosixSignalRegistration StopOn(PosixSignal signal, CancellationTokenSource stop) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        });
}
