using CsCheck;

namespace GpuLossTests;

/// <summary>The gradient of every loss against its own values: central differences along random directions, in float64.</summary>
public class GradientTests : HostPath
{
    private const int Cases = 40;
    private const double Step = 1e-5;

    public static TheoryData<string> Losses => LossCatalogue.Names;

    [Theory]
    [MemberData(nameof(Losses))]
    public void The_gradient_is_the_slope_along_any_direction(string name)
    {
        var loss = LossCatalogue.Of(name);
        Property.Holds(Gen.Select(VolumeCase.Plain, LossOptions.Any.Select(loss.Restrict)), Cases, drawn =>
        {
            var (volume, options) = drawn;
            var (logits, target) = (volume.Logits(), volume.Labels(options.Ignore));
            var run = LossRun.Fused(loss, options, logits, target);
            var direction = (volume with { Seed = volume.Seed + 2, Spread = 1 }).Logits().detach();
            var slope = (Value(loss, options, logits + Step * direction, target) - Value(
                loss, options, logits - Step * direction, target)) / (2 * Step);
            var expected = (run.Gradient * direction).sum().item<double>();

            // The third derivative times Step², and the rounding of the values over Step.
            var allowed = 1e-7 * (run.Gradient * direction).abs().sum().item<double>() + 1e-10 * Math.Max(1, Math.Abs(run.Value));
            Assert.InRange(slope - expected, -allowed, allowed);
        });
    }

    private static double Value(CataloguedLoss loss, LossOptions options, Tensor logits, Tensor target)
    {
        using var criterion = loss.Make(options, logits.shape[1]);
        return criterion.forward(logits.detach(), target).item<double>();
    }
}
