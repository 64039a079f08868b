using System.Globalization;

namespace GpuLoss.Cli.Comparing;

/// <summary>What the parts of a run cost on this machine, in seconds, measured before the first.</summary>
/// <param name="Step">A step with all that is looked at in it, the mean over the losses.</param>
/// <param name="StepAlone">The step itself.</param>
/// <param name="Prediction">A prediction of all validation volumes.</param>
/// <param name="Spread">The spread of the gradients, measured once for every seed.</param>
/// <param name="Spent">What measuring all this took.</param>
internal sealed record RunCosts(double Step, double StepAlone, double Prediction, double Spread, double Spent);

/// <summary>Fits the length of a run into a budget of time.</summary>
internal static class BudgetPlan
{
    /// <summary>The part of the budget that is planned for; the rest is for the report and for steps slower than those timed.</summary>
    private const double Planned = 0.85;

    /// <summary>With fewer steps a training says nothing.</summary>
    private const int FewestSteps = 5;

    /// <summary>The part of a run that checkpoints may take before there are fewer of them.</summary>
    private const double CheckpointsPart = 0.3;

    /// <summary>The numbers of checkpoints that are tried.</summary>
    private static readonly int[] CheckpointsPerRun = [RunLength.UsualCheckpoints, 5, 2, 1];

    /// <param name="settings">What was asked for.</param>
    /// <param name="runs">How many runs there are, trials counted by their part of one.</param>
    /// <param name="costs">What they cost.</param>
    /// <exception cref="InputException">The budget is too short for all runs, however short they are.</exception>
    public static RunLength Fit(ComparisonSettings settings, double runs, RunCosts costs)
    {
        var available = Planned * settings.Budget.TotalSeconds - costs.Spent - settings.Seeds * costs.Spread;
        var perRun = available / runs;
        var checkpoints = settings.Checkpoints ?? CheckpointsPerRun.FirstOrDefault(
            number => number * costs.Prediction <= CheckpointsPart * perRun || Affordable(number) >= settings.Steps, 1);
        double Affordable(int number) => Math.Floor((perRun - number * costs.Prediction) / costs.Step);
        var affordable = Affordable(checkpoints);
        var fewest = Math.Min(FewestSteps, settings.Steps);
        if (affordable < fewest)
        {
            var needed = TimeSpan.FromSeconds(
                (runs * (fewest * costs.Step + checkpoints * costs.Prediction) + settings.Seeds * costs.Spread + costs.Spent) / Planned);
            throw new InputException(string.Create(
                CultureInfo.InvariantCulture,
                $"--budget {Show(settings.Budget)} is too short for {settings.Losses.Count * settings.Seeds} runs: "
                + $"{fewest} steps of each need about {Show(needed)} here. Give it more, fewer --losses or --seeds, "
                + $"a smaller --patch or a larger --spacing."));
        }

        var steps = (int)Math.Min(affordable, int.MaxValue);
        var basis = string.Create(
            CultureInfo.InvariantCulture,
            $"a step took {1000 * costs.Step:F0} ms before the first run; the budget was {Show(settings.Budget)}");
        if (settings.Equal == EqualShare.Time)
        {
            var seconds = steps * costs.StepAlone;
            return new RunLength(
                steps, seconds, string.Create(CultureInfo.InvariantCulture, $"equal time, {seconds:F0} s of training a run ({basis})"),
                checkpoints);
        }

        return steps >= settings.Steps
            ? new RunLength(settings.Steps, null, $"equal steps, {settings.Steps} a run", checkpoints)
            : new RunLength(steps, null, $"equal steps, {steps} a run instead of {settings.Steps} ({basis})", checkpoints);
    }

    /// <summary>A time as it is typed: 90s, 25m, 2h.</summary>
    public static string Show(TimeSpan time) => time.TotalSeconds < 120
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(10 * time.TotalSeconds) / 10:0.#}s")
        : time.TotalMinutes < 120
            ? string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(10 * time.TotalMinutes) / 10:0.#}m")
            : string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(10 * time.TotalHours) / 10:0.#}h");
}
