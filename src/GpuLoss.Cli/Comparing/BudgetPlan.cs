using System.Globalization;

namespace GpuLoss.Cli.Comparing;

/// <summary>Fits the length of a run into a budget of time.</summary>
internal static class BudgetPlan
{
    /// <summary>The part of the budget that is planned for; the rest is for the report and for steps slower than those timed.</summary>
    private const double Planned = 0.9;

    private const int FewestSteps = 5;

    /// <param name="settings">What was asked for.</param>
    /// <param name="runs">How many runs there are.</param>
    /// <param name="stepSeconds">The time of a step.</param>
    /// <param name="otherSeconds">The time of everything else in a run.</param>
    public static RunLength Fit(ComparisonSettings settings, double runs, double stepSeconds, double otherSeconds)
    {
        var seconds = Math.Max(FewestSteps * stepSeconds, Planned * settings.Budget.TotalSeconds / runs - otherSeconds);
        var affordable = (int)(seconds / stepSeconds);
        var basis = string.Create(
            CultureInfo.InvariantCulture, $"a step took {1000 * stepSeconds:F0} ms before the first run; the budget was {settings.Budget.TotalMinutes:0.#} minutes");
        if (settings.Equal == EqualShare.Time)
            return new RunLength(affordable, seconds, string.Create(CultureInfo.InvariantCulture, $"equal time, {seconds:F0} s of training a run ({basis})"));
        return affordable >= settings.Steps
            ? new RunLength(settings.Steps, null, $"equal steps, {settings.Steps} a run")
            : new RunLength(affordable, null, $"equal steps, {affordable} a run instead of {settings.Steps} ({basis})");
    }
}
