namespace GpuLossTests;

/// <summary>
/// Volumes of so many voxels that float32 cannot count them and float16 not a hundred thousandth of them. All voxels but one are alike, so
/// that what they come to is known: a reference of two voxels, one of which counts as often as it occurs.
/// </summary>
public class ManyVoxelTests : HostPath
{
    private const long HundredMillion = 100_000_000;
    private const long Billion = 1_000_000_000;

    private static readonly double[] Common = [3, -1];
    private static readonly double[] Rare = [0.5, 0.25];

    public static TheoryData<string> Losses => [.. LossCatalogue.All.Where(loss => loss.IsFast).Select(loss => loss.Name)];

    /// <summary>One takes seconds.</summary>
    public static TheoryData<string> LossesOfABillion => Nightly.IsOn ? Losses : ["dice + cross-entropy"];

    [Theory]
    [MemberData(nameof(Losses))]
    public void One_voxel_among_a_hundred_million_is_seen(string name)
    {
        using var scope = NewDisposeScope();
        var options = new LossOptions { WeightSeed = 3 };
        var logits = empty([1, 2, HundredMillion], dtype: ScalarType.BFloat16);
        var target = zeros([1, HundredMillion], dtype: ScalarType.Byte);
        const long @object = HundredMillion - 12_345;
        for (var c = 0; c < 2; c++)
        {
            logits.select(1, c).fill_(Common[c]);
            logits[0, c, @object] = Rare[c];
        }

        target[0, @object] = 1;
        logits.requires_grad = true;
        using var criterion = LossCatalogue.Of(name).Make(options, 2);
        var loss = criterion.forward(logits, target);

        var gradient = autograd.grad([loss], [logits])[0];

        var (expected, expectedGradient) = Reference(name, options, HundredMillion);
        AssertClose(expected, loss);
        foreach (var (voxel, index) in new[] { (0L, 0), (HundredMillion / 3, 0), (HundredMillion - 1, 0), (@object, 1) })
        {
            for (var c = 0; c < 2; c++)
            {
                var slope = expectedGradient[0, c, index].item<double>();
                Assert.InRange(gradient[0, c, voxel].to_type(ScalarType.Float64).item<double>() / slope - 1, -1.0 / 256, 1.0 / 256);
            }
        }

        var background = gradient.narrow(2, 0, @object);
        Assert.True(background.eq(background.narrow(2, 0, 1)).all().item<bool>(), "voxels that are alike have the same gradient");
    }

    /// <summary>Tensors of one voxel, which torch shows as a billion: no memory, and more terms than any narrow sum would bear.</summary>
    [Theory]
    [MemberData(nameof(LossesOfABillion))]
    public void A_billion_voxels_of_float16_add_up(string name)
    {
        using var scope = NewDisposeScope();
        var options = new LossOptions { WeightSeed = 3 };
        var logits = tensor(Common).to_type(ScalarType.Float16).reshape([1, 2, 1]).expand(1, 2, Billion);
        var target = zeros([1, 1], dtype: ScalarType.Byte).expand(1, Billion);
        using var criterion = LossCatalogue.Of(name).Make(options, 2);
        var (expected, _) = Reference(name, options, Billion, hasObject: false);
        AssertClose(expected, criterion.forward(logits, target));
    }

    /// <summary>To 1e-6, or a rounding of a probability in float32 where that is more.</summary>
    private static void AssertClose(double expected, Tensor loss)
    {
        var allowed = 1e-6 * Math.Abs(expected) + 1e-7;
        Assert.InRange(loss.item<float>() - expected, -allowed, allowed);
    }

    /// <summary>The loss, and the gradient at a common voxel and at the one of class 1.</summary>
    private static (double Value, Tensor Gradient) Reference(string name, LossOptions options, long voxels, bool hasObject = true)
    {
        var logits = stack([tensor(Common), tensor(Rare)], 1).unsqueeze(0).requires_grad_(true);
        var volume = ReferenceVolume.Softmax(logits, arange(2, dtype: ScalarType.Int64).unsqueeze(0), options.Ignore);
        var times = tensor(new[] { hasObject ? voxels - 1.0 : voxels, hasObject ? 1 : 0 }).reshape([1, 1, 2]);
        var loss = LossCatalogue.Of(name).Reference(volume with { Times = times }, options);

        // autograd gives the sum over all occurrences, which share one gradient.
        return (loss.item<double>(), autograd.grad([loss], [logits])[0] / times);
    }
}
