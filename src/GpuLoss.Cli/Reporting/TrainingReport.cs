using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using GpuLoss.Cli.Training;
using GpuLoss.Cli.Volumes;
using GpuLoss.Kernels.Host;
using TorchSharp;

namespace GpuLoss.Cli.Reporting;

/// <summary>What a training leaves behind.</summary>
/// <param name="Volume">What was trained on.</param>
/// <param name="Options">How.</param>
/// <param name="Steps">The steps that were finished.</param>
/// <param name="DiceBefore">Dice of every class on the volume before.</param>
/// <param name="DiceAfter">Dice afterwards, null where the weights are not finite.</param>
/// <param name="Predicted">The class of every voxel afterwards, likewise.</param>
/// <param name="Failure">Where the training failed, or null.</param>
internal sealed record TrainingOutcome(
    LabelledVolume Volume, TrainingOptions Options, IReadOnlyList<StepResult> Steps, double[] DiceBefore, double[]? DiceAfter,
    byte[]? Predicted,
    TrainingFailure? Failure)
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
    private const string LossFile = "loss.png";
    private const string SlicesFile = "slices.png";
    private const string MetricsFile = "metrics.csv";
    private const string SummaryFile = "summary.json";
    private static readonly string[] AllFiles = [LossFile, SlicesFile, MetricsFile, SummaryFile];
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>The files that an outcome is written to.</summary>
    public static IReadOnlyList<string> Files(TrainingOutcome outcome) => [.. Writers(outcome).Select(writer => writer.File)];

    /// <summary>Writes all files into <paramref name="folder"/>, and removes what an earlier training left there and this one does not
    /// have.</summary>
    public static void Write(string folder, TrainingOutcome outcome)
    {
        foreach (var file in AllFiles)
            File.Delete(Path.Combine(folder, file));
        foreach (var (file, write) in Writers(outcome))
            write(Path.Combine(folder, file));
    }

    private static IEnumerable<(string File, Action<string> Write)> Writers(TrainingOutcome outcome)
    {
        if (outcome.Steps.Count > 0)
        {
            var title = outcome.Failure is { } failure
                ? $"{outcome.Options.Loss}: failed at step {failure.Step}, {failure.What} not finite" : outcome.Options.Loss;
            yield return (LossFile, path => LossPlot.Save(path, title, outcome.Steps));
        }

        if (outcome.Predicted is { } predicted)
            yield return (SlicesFile, path => SlicePicture.Save(path, outcome.Volume, predicted));
        yield return (MetricsFile, path => File.WriteAllText(path, Csv(outcome.Steps)));
        yield return (SummaryFile, path => File.WriteAllText(path, JsonSerializer.Serialize(Summary(outcome), Json)));
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
            failed = outcome.Failure?.ToString(),
            failed_at_step = outcome.Failure?.Step,
            not_finite = outcome.Failure?.What,
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
                dice_after = outcome.DiceAfter?[c],
            }),
            options = new
            {
                loss = outcome.Options.Loss,
                steps = outcome.Options.Steps,
                learning_rate = outcome.Options.LearningRate,
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
