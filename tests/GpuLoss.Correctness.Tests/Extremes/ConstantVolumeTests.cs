using CsCheck;

namespace GpuLossTests;

/// <summary>
/// Volumes whose voxels are all alike, as an untrained network or the padding around an image makes them: equal terms are rounded in the
/// same direction again and again, and the errors of a sum do not cancel.
/// </summary>
public class ConstantVolumeTests : HostPath
{
    private const int Cases = 25;
    private const int Voxels = 30_000;

    /// <summary>Half of the last place of float32.</summary>
    private const double Rounding = 6e-8;

    [Fact]
    public void Sums_of_equal_terms_are_exact() => Property.Holds(
        Gen.Select(Gen.Double[-4, 4].Array[2, 6], Gen.OneOf(ScalarType.Float32, ScalarType.BFloat16), Gen.Bool, Gen.Int[0, 5]), Cases,
        drawn =>
        {
            var (voxel, type, isSquared, label) = drawn;
            label %= voxel.Length;
            var logits = tensor(voxel).to_type(type).reshape([1, voxel.Length, 1]).expand(1, voxel.Length, Voxels);
            var target = full([1, 1], label, dtype: ScalarType.Byte).expand(1, Voxels);
            using var criterion = Fused.DiceCELoss(squared: isSquared);
            using var statistics = criterion.statistics(logits, target);
            using var weighted = Fused.DiceCELoss(weight: ones(voxel.Length) * 2);
            using var ofWeighted = weighted.statistics(logits, target);

            // The exponent of a probability is rounded, and after it the exponential, the sum over classes, the quotient, and the sum of a
            // few voxels.
            var log = torch.nn.functional.log_softmax(logits.narrow(2, 0, 1).to_type(ScalarType.Float64), 1).flatten();
            var (p, times) = (log.exp(), isSquared ? 2 : 1);
            var allowed = times * Rounding * (8 - log / Math.Log(2));
            var errorOfPrediction = (statistics.prediction[0] / (Voxels * (isSquared ? p * p : p)) - 1).abs();
            Assert.True(errorOfPrediction.le(allowed).all().item<bool>(), $"P is off by {errorOfPrediction.max().item<double>():E2}");
            var errorOfIntersection = (statistics.intersection[0, label] / (Voxels * p[label]) - 1).abs();
            Assert.True(errorOfIntersection.le(allowed[label]).item<bool>(), $"I is off by {errorOfIntersection.item<double>():E2}");

            // The logarithm of a sum over classes, each term of which is rounded at the size of the sum.
            var loss = -log[label].item<double>();
            foreach (var sum in new[] { statistics.voxel_term[0], ofWeighted.voxel_term[0] / 2 })
                Assert.InRange(sum.item<double>() / Voxels - loss, -6 * Rounding * (loss + 1), 6 * Rounding * (loss + 1));
        });
}
