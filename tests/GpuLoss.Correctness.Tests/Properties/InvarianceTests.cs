using CsCheck;

namespace GpuLossTests;

/// <summary>What may be done to logits, labels and options without changing a loss, and what changes it by a known factor.</summary>
public class InvarianceTests : HostPath
{
    private const int Cases = 30;

    public static TheoryData<string> Losses => LossCatalogue.Names;

    public static TheoryData<string> LossesOfEqualClasses =>
        [.. LossCatalogue.All.Where(loss => loss.TreatsClassesAlike).Select(loss => loss.Name)];

    public static TheoryData<string> SummedLosses => [.. LossCatalogue.All.Where(loss => loss.HasSum).Select(loss => loss.Name)];

    public static TheoryData<string> LossesOfSoftmax => [.. LossCatalogue.All.Where(loss => loss.IsOfSoftmax).Select(loss => loss.Name)];

    public static TheoryData<string> WeightedLosses =>
        [.. LossCatalogue.All.Where(loss => loss.WeightLaw != WeightLaw.None).Select(loss => loss.Name)];

    public static TheoryData<string> LossesWithoutSmoothing =>
        [.. LossCatalogue.All.Where(loss => loss.IsScaleFree && loss.Restrict(new() { Numerator = 0, Denominator = 0 }).Denominator == 0)
            .Select(loss => loss.Name)];

    [Theory]
    [MemberData(nameof(LossesOfEqualClasses))]
    public void Classes_have_no_order(string name) => ForAll(name, (loss, volume, options) =>
    {
        // Options that single out a class: the background, alpha of focal loss, an ignored class.
        var equal = options with { Background = true, FocalAlpha = null, Ignore = LossOptions.Unused };
        var (logits, target) = (volume.Logits(), volume.Labels(equal.Ignore));
        var order = Order(volume.Classes, volume.Seed);
        var ofClass = new long[LossOptions.Unused + 1];
        for (var c = 0; c < volume.Classes; c++)
            ofClass[order[c]] = c;
        ofClass[LossOptions.Unused] = LossOptions.Unused;
        var permuted = LossRun.Fused(
            loss, equal with { WeightOrder = order }, Leaf(logits.index_select(1, Indices(order))),
            tensor(ofClass).index_select(0, target.flatten()).reshape(target.shape));
        var run = LossRun.Fused(loss, equal, logits, target);
        LossRun.AssertEqual(run with { Gradient = run.Gradient.index_select(1, Indices(order)) }, permuted);
    });

    [Theory]
    [MemberData(nameof(Losses))]
    public void Voxels_have_no_order(string name) => ForAll(name, (loss, volume, options) =>
    {
        var (logits, target) = (volume.Logits(), volume.Labels(options.Ignore));
        var order = Indices(Order((int)logits.shape[2], volume.Seed));
        var run = LossRun.Fused(loss, options, logits, target);
        LossRun.AssertEqual(
            run with { Gradient = run.Gradient.index_select(2, order) },
            LossRun.Fused(loss, options, Leaf(logits.index_select(2, order)), target.index_select(1, order)));
    });

    [Theory]
    [MemberData(nameof(Losses))]
    public void The_shape_of_space_does_not_matter(string name) => ForAll(name, (loss, volume, options) =>
    {
        var (logits, target) = (volume.Logits(), volume.Labels(options.Ignore));
        var run = LossRun.Fused(loss, options, logits, target);
        var tall = LossRun.Fused(loss, options, Leaf(logits.unsqueeze(3).unsqueeze(2)), target.unsqueeze(2).unsqueeze(1));
        Assert.Equal(run.Value, tall.Value);
        Assert.True(run.Gradient.equal(tall.Gradient.reshape(run.Gradient.shape)).all().item<bool>());
    });

    [Theory]
    [MemberData(nameof(LossesOfSoftmax))]
    public void A_constant_for_a_voxel_changes_nothing(string name) => ForAll(name, (loss, volume, options) =>
    {
        var (logits, target) = (volume.Logits(), volume.Labels(options.Ignore));
        var constant = (volume with { Classes = 1, Seed = volume.Seed + 3, Spread = 20 }).Logits().detach();
        LossRun.AssertEqual(LossRun.Fused(loss, options, logits, target), LossRun.Fused(loss, options, Leaf(logits + constant), target));
    });

    [Theory]
    [MemberData(nameof(SummedLosses))]
    public void The_sum_over_a_batch_is_the_sum_of_its_samples(string name) => ForAll(name, (loss, volume, options) =>
    {
        var alone = options with { Sum = true, Batch = false };
        var (logits, target) = (volume.Logits(), volume.Labels(options.Ignore));
        var parts = Enumerable.Range(0, volume.Samples)
            .Select(n => LossRun.Fused(loss, alone, Leaf(logits.narrow(0, n, 1)), target.narrow(0, n, 1))).ToArray();
        LossRun.AssertEqual(
            new(parts.Sum(part => part.Value), cat([.. parts.Select(part => part.Gradient)], 0)),
            LossRun.Fused(loss, alone, logits, target));
    });

    [Theory]
    [MemberData(nameof(LossesWithoutSmoothing))]
    public void A_volume_twice_over_has_the_same_mean(string name) => ForAll(name, (loss, volume, options) =>
    {
        var unsmoothed = options with { Sum = false, Numerator = 0, Denominator = 0 };
        var (logits, target) = (volume.Logits(), volume.Labels(options.Ignore));
        var run = LossRun.Fused(loss, unsmoothed, logits, target);
        var twice = LossRun.Fused(loss, unsmoothed, Leaf(cat([logits, logits], 2)), cat([target, target], 1));
        LossRun.AssertEqual(run with { Gradient = cat([run.Gradient, run.Gradient], 2) / 2 }, twice);
    });

    [Theory]
    [MemberData(nameof(WeightedLosses))]
    public void Weights_that_grow_together_multiply_the_loss_or_leave_it(string name) => ForAll(name, (loss, volume, options) =>
    {
        const double factor = 3.5;
        var weighted = options with { WeightSeed = options.WeightSeed ?? 1, FocalAlpha = null };
        var (logits, target) = (volume.Logits(), volume.Labels(options.Ignore));
        var run = LossRun.Fused(loss, weighted, logits, target);
        var expected = loss.WeightLaw == WeightLaw.MeanIsInvariant && !weighted.Sum ? 1 : factor;
        LossRun.AssertEqual(
            new(expected * run.Value, expected * run.Gradient),
            LossRun.Fused(loss, weighted with { WeightFactor = factor }, logits, target));
    });

    [Theory]
    [InlineData(0.25)]
    [InlineData(0.9)]
    public void Of_two_classes_either_may_be_the_foreground(double alpha) => ForAll("dice + focal", (loss, volume, options) =>
    {
        var two = volume with { Classes = 2 };
        var plain = options with { Background = true, WeightSeed = null, FocalAlpha = alpha, Ignore = LossOptions.Unused };
        var (logits, target) = (two.Logits(), two.Labels(plain.Ignore));
        var swapped = where(target.eq(plain.Ignore), target, 1 - target);
        var run = LossRun.Fused(loss, plain, logits, target);
        LossRun.AssertEqual(
            run with { Gradient = run.Gradient.flip(1) },
            LossRun.Fused(loss, plain with { FocalAlpha = 1 - alpha }, Leaf(logits.flip(1)), swapped));
    });

    private static void ForAll(string name, Action<CataloguedLoss, VolumeCase, LossOptions> law)
    {
        var loss = LossCatalogue.Of(name);
        Property.Holds(
            Gen.Select(VolumeCase.Plain, LossOptions.Any.Select(loss.Restrict)), Cases, drawn => law(loss, drawn.Item1, drawn.Item2));
    }

    private static int[] Order(int count, int seed)
    {
        var order = Enumerable.Range(0, count).ToArray();
        new Random(seed).Shuffle(order);
        return order;
    }

    private static Tensor Indices(int[] order) => tensor(order, dtype: ScalarType.Int64);

    private static Tensor Leaf(Tensor logits) => logits.detach().contiguous().requires_grad_(true);
}
