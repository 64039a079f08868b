using CsCheck;

namespace GpuLossTests;

/// <summary>Between which values a loss lies, and where it is least.</summary>
public class BoundTests : HostPath
{
    private const int Cases = 30;

    /// <summary>So large that softmax and sigmoid are exactly 0 and 1.</summary>
    private const double Certain = 1e4;

    /// <summary>A few units in the last place of 1, summed over samples and classes.</summary>
    private const double LastBits = 1e-14;

    public static TheoryData<string> LossesWithALeast =>
        [.. LossCatalogue.All.Where(loss => loss.IsLeastAtTheTarget).Select(loss => loss.Name)];

    public static TheoryData<string> LossesUpToOne => [.. LossCatalogue.All.Where(loss => loss.IsAtMostOne).Select(loss => loss.Name)];

    [Theory]
    [MemberData(nameof(LossesUpToOne))]
    public void An_overlap_loss_lies_between_0_and_1(string name) => ForAll(name, (loss, volume, options) =>
    {
        var mean = options with { Sum = false, WeightSeed = null };
        var value = LossRun.Fused(loss, mean, volume.Logits(), volume.Labels(mean.Ignore)).Value;
        Assert.InRange(value, 0, 1);
    });

    [Theory]
    [MemberData(nameof(LossesWithALeast))]
    public void A_perfect_prediction_costs_nothing_but_rounding_and_pulls_nowhere(string name) => ForAll(name, (loss, volume, options) =>
    {
        var even = options with { Denominator = options.Numerator };
        var target = volume.Labels(even.Ignore);
        var perfect = LossRun.Fused(loss, even, (Certain * (2 * OneHot(volume, target) - 1)).requires_grad_(true), target);

        // A ratio is 1 but for its last bit, which a power below 1 makes more of, and its slope there still more.
        var exponent = Math.Min(1, even.Power);
        Assert.InRange(perfect.Value, -LastBits, target.numel() * Math.Pow(LastBits, exponent));
        Assert.InRange(LossRun.Largest(perfect.Gradient), 0, Math.Pow(LastBits, exponent));
    });

    [Theory]
    [MemberData(nameof(LossesWithALeast))]
    public void On_the_way_to_the_target_no_loss_rises(string name) => ForAll(name, (loss, volume, options) =>
    {
        var target = volume.Labels(options.Ignore);
        var (logits, own) = (volume.Logits().detach(), OneHot(volume, target));
        var before = double.PositiveInfinity;
        foreach (var distance in new[] { 0.0, 0.1, 1, 3, 10, 30 })
        {
            var value = LossRun.Fused(loss, options, (logits + distance * own).requires_grad_(true), target).Value;
            Assert.InRange(value, -LastBits, before + 1e-13 * Math.Max(1, Math.Abs(before)));
            before = value;
        }
    });

    private static void ForAll(string name, Action<CataloguedLoss, VolumeCase, LossOptions> law)
    {
        var loss = LossCatalogue.Of(name);
        Property.Holds(
            Gen.Select(VolumeCase.Plain, LossOptions.Any.Select(loss.Restrict)), Cases, drawn => law(loss, drawn.Item1, drawn.Item2));
    }

    /// <summary>1 at the label of every voxel, 0 elsewhere and in voxels whose label names no class.</summary>
    private static Tensor OneHot(VolumeCase volume, Tensor target) =>
        target.unsqueeze(1).eq(arange(volume.Classes, dtype: ScalarType.Int64).reshape([1, -1, 1])).to_type(ScalarType.Float64);
}
