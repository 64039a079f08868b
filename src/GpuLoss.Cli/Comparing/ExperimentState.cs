using System.Text.Json;
using System.Text.Json.Serialization;
using GpuLoss.Cli.Reporting;
using GpuLoss.Cli.Training;

namespace GpuLoss.Cli.Comparing;

/// <summary>Dice on the validation data in the middle of a run.</summary>
/// <param name="Step">The steps done.</param>
/// <param name="Seconds">The time they took.</param>
/// <param name="Dice">Dice of every class, the mean over the validation volumes.</param>
internal sealed record Checkpoint(int Step, double Seconds, double[] Dice);

/// <summary>The part each class has in the sum of the absolute gradient with respect to the logits of training patches.</summary>
/// <param name="Step">The last of the steps over whose patches the shares are averaged.</param>
/// <param name="Voxels">The share of the voxels.</param>
/// <param name="CrossEntropy">The share of the gradient of cross-entropy.</param>
/// <param name="Dice">The share of the gradient of Dice, the mean over all classes.</param>
/// <param name="ForegroundDice">The share of the gradient of Dice, the mean over the foreground classes.</param>
internal sealed record GradientShare(int Step, double[] Voxels, double[] CrossEntropy, double[] Dice, double[] ForegroundDice);

/// <summary>The spread over batches of the gradient of a loss.</summary>
/// <param name="Loss">Which loss.</param>
/// <param name="Class">The class whose logit's weights the gradient belongs to.</param>
/// <param name="ObjectVoxels">The median number of voxels of that class in the batches.</param>
/// <param name="Batches">The number of batches.</param>
/// <param name="RelativeSpread">√(Σ |g - ḡ|² / (n - 1)) / |ḡ|.</param>
internal sealed record GradientSpread(string Loss, int Class, double ObjectVoxels, int Batches, double RelativeSpread);

/// <summary>One finished training, or one that diverged: what it has until then is kept, and compared with nothing.</summary>
/// <param name="Loss">The loss.</param>
/// <param name="Seed">The seed.</param>
/// <param name="LearningRate">The learning rate.</param>
/// <param name="Steps">The steps done.</param>
/// <param name="Seconds">The time they took, without looking at them.</param>
/// <param name="LossSeconds">The part of it in the loss and its gradient.</param>
/// <param name="InitialWeights">SHA-256 of the initial weights.</param>
/// <param name="Patches">SHA-256 of the places of the first patches.</param>
/// <param name="StepLosses">The loss of every step.</param>
/// <param name="Checkpoints">Dice on the way; the last is the end.</param>
/// <param name="Shares">Gradient shares on the way.</param>
/// <param name="Spreads">Spread of the gradients of several losses at the end of this run.</param>
/// <param name="Predictions">The prediction of every validation volume, gzip in base64.</param>
/// <param name="Failure">Where it met a number that is not finite, or null where it came to its end.</param>
internal sealed record CompletedRun(
    string Loss, int Seed, double LearningRate, int Steps, double Seconds, double LossSeconds, string InitialWeights, string Patches,
    double[] StepLosses, Checkpoint[] Checkpoints, GradientShare[] Shares, GradientSpread[] Spreads, string[] Predictions,
    TrainingFailure? Failure = null);

/// <summary>What a learning rate came to in a short training of its own.</summary>
/// <param name="Loss">The loss.</param>
/// <param name="LearningRate">The learning rate.</param>
/// <param name="Steps">The steps of the trial.</param>
/// <param name="Dice">Mean Dice of the foreground classes on the training data.</param>
internal sealed record SweepTrial(string Loss, double LearningRate, int Steps, double Dice);

/// <summary>How long a run is, decided once before the first.</summary>
/// <param name="Steps">The steps, or the most of them where runs get equal time.</param>
/// <param name="Seconds">The time of training, or null where runs get equal steps.</param>
/// <param name="Explanation">How it came about.</param>
/// <param name="Checkpoints">How often the validation data are looked at in a run.</param>
internal sealed record RunLength(int Steps, double? Seconds, string Explanation, int Checkpoints = RunLength.UsualCheckpoints)
{
    /// <summary>The checkpoints of a run whose budget is not short.</summary>
    public const int UsualCheckpoints = 10;
}

/// <summary>Everything a comparison has found so far; what <c>--resume</c> goes on from, and all that the report is made of beside the
/// data.</summary>
/// <param name="Fingerprint">What must be the same for runs to be comparable.</param>
/// <param name="Length">The length of a run.</param>
/// <param name="Trials">The trials of learning rates.</param>
/// <param name="Runs">The finished runs.</param>
internal sealed record ExperimentState(string Fingerprint, RunLength Length, List<SweepTrial> Trials, List<CompletedRun> Runs)
{
    private static readonly JsonSerializerOptions Json = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>Reads a state.</summary>
    /// <exception cref="InputException">The file is not there or is none.</exception>
    public static ExperimentState Load(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<ExperimentState>(File.ReadAllText(path), Json)
                ?? throw new InputException($"--resume: {path} holds nothing.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new InputException($"--resume: {path}: {exception.Message.ReplaceLineEndings(" ")}");
        }
    }

    /// <summary>The run of a loss and a seed, if it is finished.</summary>
    public CompletedRun? Find(string loss, int seed) => Runs.Find(run => run.Loss == loss && run.Seed == seed);

    /// <summary>Writes the state; a reader never sees half of it.</summary>
    public void Save(string path) => WholeFile.Write(path, JsonSerializer.Serialize(this, Json));
}
