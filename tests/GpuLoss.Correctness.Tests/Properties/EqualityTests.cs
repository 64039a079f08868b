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
            var (logits, target) = (volume.Logits(), volume.Labels(options.Ignore));
            var actual = LossRun.Fused(loss, options, logits, target);
            var expected = LossRun.Reference(loss, options, logits, target);

            // Where a voxel is all but certain of its class, its loss is smaller than the rounding of a probability in float32, whose sum grows with the voxels.
            var (tolerance, ofVoxel) = volume.Type == ScalarType.Float64 ? (1e-10, 1e-14) : (1e-6, 1e-7);
            var allowedValue = tolerance * Math.Abs(expected.Value) + ofVoxel * (options.Sum ? target.numel() : 1);
            Assert.InRange(actual.Value - expected.Value, -allowedValue, allowedValue);

            // A 16-bit gradient is rounded once, at its own precision; the smallest number of float16 is 2^-24.
            var (rounding, smallest) = volume.Type switch
            {
                ScalarType.Float16 => (1.0 / 2048, Math.Pow(2, -25)),
                ScalarType.BFloat16 => (1.0 / 256, 0),
                _ => (0, 0),
            };
            var allowed = rounding * expected.Gradient.abs() + tolerance * LossRun.Largest(expected.Gradient) + smallest;
            var excess = (actual.Gradient - expected.Gradient).abs() - allowed;
            Assert.True(excess.max().item<double>() <= 0, $"gradient off by {excess.max().item<double>():E2} more than allowed");
        });
    }
}
