namespace GpuLoss.Cli.Comparing;

/// <summary>What a comparison tells about its progress.</summary>
internal interface IComparisonDisplay
{
    /// <summary>The length of a run is decided.</summary>
    void Begin(RunLength length);

    /// <summary>A learning rate was tried.</summary>
    void Tried(SweepTrial trial);

    /// <summary>A step was made.</summary>
    /// <param name="loss">The loss of the run.</param>
    /// <param name="seed">Its seed.</param>
    /// <param name="step">The step.</param>
    /// <param name="done">Which part of the run is done.</param>
    /// <param name="dice">The last Dice of every class on the validation data, if there is one.</param>
    void Step(string loss, int seed, int step, double done, double[]? dice);

    /// <summary>A run is finished.</summary>
    /// <param name="run">The run.</param>
    /// <param name="finished">How many are, with it.</param>
    void Done(CompletedRun run, int finished);
}
