using System.Globalization;
using System.Text;
using System.Text.Json;
using GpuLoss.Cli.Training;
using GpuLoss.Cli.Volumes;
using GpuLoss.Kernels.Host;
using TorchSharp;

namespace GpuLoss.Cli.Reporting;

/// <summary>What a training leaves behind.</summary>
internal sealed record TrainingOutcome(
    LabelledVolume Volume, TrainingOptions Options, IReadOnlyList<StepResult> Steps, double[] DiceBefore, double[] DiceAfter, byte[] Predicted)
{
    /// <summary>The part of the time of all steps but the first, which compiles, that went into the loss.</summary>
    public double LossShare
    {
        get
        {
            var counted = Steps.Count > 1 ? Steps.Skip(1) : Steps;
            return counted.Sum(step => step.LossSeconds) / counted.Sum(step => step.Seconds);
        }
    }
}

/// <summary>Writes the outcome of a training as pictures, CSV and JSON.</summary>
internal static class TrainingReport
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    /// <summary>Writes all files into <paramref name="folder"/>.</summary>
    public static void Write(string folder, TrainingOutcome outcome)
    {
        if (outcome.Steps.Count > 0)
            LossPlot.Save(Path.Combine(folder, "loss.png"), outcome.Options.Loss, outcome.Steps);
        SlicePicture.Save(Path.Combine(folder, "slices.png"), outcome.Volume, outcome.Predicted);
        File.WriteAllText(Path.Combine(folder, "metrics.csv"), Csv(outcome.Steps));
        File.WriteAllText(Path.Combine(folder, "summary.json"), JsonSerializer.Serialize(Summary(outcome), Json));
    }

    private static string Csv(IReadOnlyList<StepResult> steps)
    {
        var csv = new StringBuilder("step,loss,seconds,loss_seconds,learning_rate\n");
        foreach (var step in steps)
        {
            csv.Append(
                CultureInfo.InvariantCulture, $"{step.Step},{step.Loss:R},{step.Seconds:F6},{step.LossSeconds:F6},{step.LearningRate:R}\n");
        }

        return csv.ToString();
    }

    private static object Summary(TrainingOutcome outcome)
    {
        var voxels = outcome.Volume.VoxelsPerClass();
        return new
        {
            data = new
            {
                source = outcome.Volume.Source,
                size = outcome.Volume.Size.ToString(),
                spacing_mm = outcome.Volume.Spacing,
                notes = outcome.Volume.Notes,
            },
            classes = outcome.Volume.ClassNames.Select((name, c) => new
            {
                name,
                voxels = voxels[c],
                dice_before = outcome.DiceBefore[c],
                dice_after = outcome.DiceAfter[c],
            }),
            options = new
            {
                loss = outcome.Options.Loss,
                steps = outcome.Options.Steps,
                patch = outcome.Options.PatchSide,
                seed = outcome.Options.Seed,
                device = outcome.Options.Device.ToString(),
            },
            steps_done = outcome.Steps.Count,
            seconds = outcome.Steps.Sum(step => step.Seconds),
            share_of_time_in_loss = outcome.Steps.Count > 0 ? outcome.LossShare : 0,
            versions = new
            {
                gpuloss = Versions.GpuLoss,
                torchsharp = Versions.TorchSharp,
                libtorch = torch.__version__.ToString(),
                dotnet = Environment.Version.ToString(),
            },
            threads = torch.get_num_threads(),
            simd = HostEngine.WidestRegisters.ToString(),
        };
    }
}
