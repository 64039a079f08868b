using System.Globalization;

namespace GpuLoss.Cli.Training;

/// <summary>A training met a number that is not finite. What it had learnt until the step before stands; nothing after it would mean
/// anything.</summary>
/// <param name="failure">Where and what.</param>
internal sealed class TrainingFailedException(TrainingFailure failure) : Exception(failure.ToString())
{
    /// <summary>Where and what.</summary>
    public TrainingFailure Failure { get; } = failure;
}

/// <summary>Where a training met a number that is not finite.</summary>
/// <param name="Step">The step, from 1.</param>
/// <param name="What">What was not finite first: image, logits, loss, gradient or weights.</param>
/// <param name="Loss">The value of the loss in that step.</param>
/// <param name="LossName">What the command line calls the loss.</param>
/// <param name="Seed">The seed.</param>
/// <param name="LearningRate">The learning rate of the step.</param>
internal sealed record TrainingFailure(int Step, string What, double Loss, string LossName, int Seed, double LearningRate)
{
    /// <summary>The name of the weights as <see cref="What"/>: the one thing that was changed before it was looked at.</summary>
    public const string Weights = "weights";

    /// <summary>One line for a person.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"The training failed at step {Step}: the {What} {(What is Weights or "logits" ? "are" : "is")} not finite "
        + $"(loss {LossName} = {Loss:G6}, seed {Seed}, learning rate {LearningRate:G4}).");
}
