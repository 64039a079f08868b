using CsCheck;

namespace GpuLossTests;

/// <summary>Every loss, with any options, on any sizes, types and strides, is what it is in float64.</summary>
public class EqualityTests : HostPath
{
    private const int Cases = 150;

    public static TheoryData<string> Losses => LossCatalogue.Names;

    [Theory]
    [MemberData(nameof(Losses))]
    public void Value_and_gradient_are_those_of_float64(string name)
    {
        var loss = LossCatalogue.Of(name);
        Property.Holds(Gen.Select(VolumeCase.Any, LossOptions.Any.Select(loss.Restrict)), Cases, drawn =>
        {
            var (volume, options) = drawn;
            if (volume.Type != ScalarType.Float64)
                volume = volume with { Spread = Math.Min(volume.Spread, loss.MostSpread) };
            var (logits, target) = (volume.Logits(), volume.Labels(options.Ignore));
            LossRun.AssertRounded(
                LossRun.Reference(loss, options, logits, target), LossRun.Fused(loss, options, logits, target), volume.Type,
                options.Sum ? target.numel() : 1);
        });
    }
}
