namespace GpuLoss.Cli.Comparing;

/// <summary>Averages gradient shares over the steps between two moments of a run: one patch, centred on one class, says little.</summary>
internal sealed class ShareAverage
{
    private readonly List<GradientShare> shares = [];

    public void Add(GradientShare share) => shares.Add(share);

    /// <summary>The average of what was added since the last call.</summary>
    public GradientShare Take()
    {
        var result = new GradientShare(
            shares[^1].Step, Mean(share => share.Voxels), Mean(share => share.CrossEntropy), Mean(share => share.Dice),
            Mean(share => share.ForegroundDice));
        shares.Clear();
        return result;
    }

    private double[] Mean(Func<GradientShare, double[]> values) =>
        [.. Enumerable.Range(0, values(shares[0]).Length).Select(c => shares.Average(share => values(share)[c]))];
}
