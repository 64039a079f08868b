namespace GpuLossTests;

/// <summary>The error of Dice + cross-entropy against the number of voxels: of the library, and of torch's own operations in
/// float32.</summary>
/// <param name="Voxels">The number of voxels.</param>
/// <param name="IsPadded">Whether nine voxels in ten are alike, as around an image that was padded.</param>
/// <param name="Fused">The relative error of the library.</param>
/// <param name="Eager">The relative error of torch's operations.</param>
internal sealed record VoxelSweep(long Voxels, bool IsPadded, double Fused, double Eager)
{
    private const int LeastPower = 10;
    private const int MostPower = 22;
    private const int MostPowerAtNight = 25;
    private const int Classes = 3;
    private const double Smooth = 1e-5;
    private const double PaddedShare = 0.9;

    private static readonly double[] Padding = [3.3, -1.1, -2.7];

    /// <summary>Measures volumes from a thousand voxels to four, or at night to 33, million.</summary>
    public static IReadOnlyList<VoxelSweep> Measure() =>
        [
            .. Enumerable.Range(LeastPower, Nightly.Times(MostPower, MostPowerAtNight) - LeastPower + 1)
                .SelectMany(power => new[] { Measure(1L << power, isPadded: false), Measure(1L << power, isPadded: true) }),
        ];

    private static VoxelSweep Measure(long voxels, bool isPadded)
    {
        using var scope = NewDisposeScope();
        using var noGraph = no_grad();
        manual_seed(6);
        var logits = 2 * randn([1, Classes, voxels]);
        var target = randint(Classes, [1, voxels], dtype: ScalarType.Int64);
        if (isPadded)
        {
            var first = (long)((1 - PaddedShare) * voxels);
            logits.narrow(2, first, voxels - first)
                .copy_(tensor(Padding, dtype: ScalarType.Float32).reshape([1, Classes, 1]).expand(1, Classes, voxels - first));
            target.narrow(1, first, voxels - first).zero_();
        }

        var exact = Of(logits.to_type(ScalarType.Float64), target);
        using var criterion = GpuLoss.nn.DiceCELoss();
        return new(voxels, isPadded, Error(criterion.forward(logits, target), exact), Error(Of(logits, target), exact));
    }

    /// <summary>The loss with torch's operations, in the type of the logits.</summary>
    private static Tensor Of(Tensor logits, Tensor target)
    {
        var p = torch.nn.functional.softmax(logits, 1);
        var t = torch.nn.functional.one_hot(target, Classes).movedim([2], [1]).to_type(logits.dtype);
        var dice = 1 - (2 * (p * t).sum(2) + Smooth) / (p.sum(2) + t.sum(2) + Smooth);
        return dice.mean() + torch.nn.functional.cross_entropy(logits, target);
    }

    private static double Error(Tensor actual, Tensor exact) =>
        Math.Abs(actual.to_type(ScalarType.Float64).item<double>() / exact.item<double>() - 1);
}
