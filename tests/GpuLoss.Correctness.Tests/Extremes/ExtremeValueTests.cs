namespace GpuLossTests;

/// <summary>Every loss where logits, labels or sizes are as far out as they go.</summary>
public class ExtremeValueTests : HostPath
{
    private const int Classes = 5;
    private const int Voxels = 150;

    private static readonly ScalarType[] Types = [ScalarType.Float32, ScalarType.Float64, ScalarType.Float16, ScalarType.BFloat16];

    private static readonly int[] OnlyLabels = [0, 3];

    public static TheoryData<string> Losses => LossCatalogue.Names;

    public static TheoryData<string> LossesOfSoftmax => [.. LossCatalogue.All.Where(loss => loss.IsOfSoftmax).Select(loss => loss.Name)];

    public static TheoryData<string> LossesOfSigmoid => [.. LossCatalogue.All.Where(loss => !loss.IsOfSoftmax).Select(loss => loss.Name)];

    /// <summary>Smoothed labels are a little of every class, none of which may then be impossible.</summary>
    public static TheoryData<string> LossesOfOneClass =>
        [.. LossCatalogue.All.Where(loss => loss.IsLeastAtTheTarget).Select(loss => loss.Name)];

    [Theory]
    [MemberData(nameof(Losses))]
    public void Logits_of_ten_thousand_either_way_are_numbers_like_others(string name)
    {
        foreach (var type in Types)
        {
            using var scope = NewDisposeScope();
            var logits = (1e4 * Case(type, spread: 1).Logits().detach().sign()).to_type(type).requires_grad_(true);
            AssertFollowsReference(name, logits, Labels(type));
        }
    }

    [Theory]
    [MemberData(nameof(LossesOfOneClass))]
    public void Minus_infinity_in_another_class_is_a_probability_of_0(string name)
    {
        foreach (var type in Types)
        {
            using var scope = NewDisposeScope();
            var target = Labels(type);
            var logits = Case(type, spread: 1).Logits().detach();
            var impossible = where(target.eq(2), 3, 2).to_type(ScalarType.Int64).unsqueeze(1);
            logits = logits.scatter(1, impossible, full_like(impossible, double.NegativeInfinity, dtype: type)).requires_grad_(true);
            var run = AssertFollowsReference(name, logits, target);
            Assert.Equal(0, LossRun.Largest(run.Gradient.gather(1, impossible)));
        }
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void Minus_infinity_in_the_voxels_own_class_is_as_wrong_as_can_be(string name)
    {
        using var scope = NewDisposeScope();
        var (logits, target) = (Case(ScalarType.Float32, spread: 1).Logits().detach(), Labels(ScalarType.Float32));
        logits.select(2, 7).select(1, (int)target[0, 7].item<long>()).fill_(double.NegativeInfinity);
        var leaf = logits.requires_grad_(true);
        var options = new LossOptions();
        var loss = LossCatalogue.Of(name);
        var expected = loss.Reference(loss.Activate(logits.detach().to_type(ScalarType.Float64), target, options.Ignore), options);
        var actual = LossRun.Fused(loss, options, leaf, target).Value;
        if (double.IsInfinity(expected.item<double>()))
            Assert.Equal(double.PositiveInfinity, actual);
        else
            Assert.Equal(expected.item<double>(), actual, 1e-6);
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void A_logit_that_is_NaN_makes_the_loss_NaN(string name) =>
        AssertNaN(name, logits => logits.select(2, Voxels - 1).select(1, 3).fill_(double.NaN));

    [Theory]
    [MemberData(nameof(LossesOfSoftmax))]
    public void Infinite_logits_without_a_softmax_make_the_loss_NaN(string name)
    {
        AssertNaN(name, logits => logits.select(2, 8).select(1, 3).fill_(double.PositiveInfinity));
        AssertNaN(name, logits => logits.select(2, 8).fill_(double.NegativeInfinity));
    }

    [Theory]
    [MemberData(nameof(LossesOfSigmoid))]
    public void Infinite_logits_are_probabilities_of_1_and_0_to_the_sigmoid(string name)
    {
        using var scope = NewDisposeScope();
        var target = Labels(ScalarType.Float32);
        var own = target.unsqueeze(1).eq(arange(Classes, dtype: ScalarType.Int64).reshape([1, Classes, 1]));
        var logits = where(own, full([1], double.PositiveInfinity), full([1], double.NegativeInfinity)).to_type(ScalarType.Float32);
        var run = LossRun.Fused(LossCatalogue.Of(name), new(), logits.requires_grad_(true), target);
        Assert.Equal(0, run.Value);
        Assert.Equal(0, LossRun.Largest(run.Gradient));
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void One_class_everywhere(string name) => ForAllTypes(name, (type, logits) =>
    {
        foreach (var label in OnlyLabels)
            AssertFollowsReference(name, logits, full([1, Voxels], label, dtype: ScalarType.Byte));
    });

    [Theory]
    [MemberData(nameof(Losses))]
    public void One_voxel(string name) => ForAllTypes(name, (type, logits) => AssertFollowsReference(
        name, logits.detach().narrow(2, 3, 1).requires_grad_(true), full([1, 1], 2, dtype: ScalarType.Int64)));

    [Theory]
    [MemberData(nameof(Losses))]
    public void A_thousand_classes(string name)
    {
        foreach (var type in Types)
        {
            using var scope = NewDisposeScope();
            var many = Case(type, spread: 2) with { Classes = 1000, Target = (ScalarType.Int16, Layout.Contiguous, false) };
            AssertFollowsReference(name, many.Logits(), many.Labels(LossOptions.UnusedNegative));
        }
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void Nothing_but_ignored_voxels_is_0_and_all_but_one_is_that_one(string name) => ForAllTypes(name, (type, logits) =>
    {
        var target = full([1, Voxels], LossOptions.UnusedNegative, dtype: ScalarType.Int8);
        var run = LossRun.Fused(LossCatalogue.Of(name), new(), logits, target);
        Assert.Equal(0, run.Value);
        Assert.Equal(0, LossRun.Largest(run.Gradient));
        target[0, 77] = 2;
        var one = AssertFollowsReference(name, logits, target);
        Assert.Equal(0, LossRun.Largest(one.Gradient.index_fill(2, tensor(77L), 0)));
    });

    private static void AssertNaN(string name, Action<Tensor> spoil)
    {
        foreach (var type in Types)
        {
            using var scope = NewDisposeScope();
            var logits = Case(type, spread: 1).Logits().detach();
            spoil(logits);
            Assert.True(double.IsNaN(LossRun.Fused(LossCatalogue.Of(name), new(), logits.requires_grad_(true), Labels(type)).Value),
                $"{type}");
        }
    }

    private static void ForAllTypes(string name, Action<ScalarType, Tensor> test)
    {
        foreach (var type in Types)
        {
            using var scope = NewDisposeScope();
            test(type, Case(type, spread: 1).Logits());
        }
    }

    private static VolumeCase Case(ScalarType type, double spread) =>
        new(1, Classes, [Voxels], type, Layout.Contiguous, spread, (ScalarType.Int64, Layout.Contiguous, false), Seed: 11);

    private static Tensor Labels(ScalarType type) => Case(type, spread: 1).Labels(LossOptions.UnusedNegative);

    private static LossRun AssertFollowsReference(string name, Tensor logits, Tensor target)
    {
        var (loss, options) = (LossCatalogue.Of(name), new LossOptions { WeightSeed = 5 });
        var run = LossRun.Fused(loss, options, logits, target);
        LossRun.AssertRounded(LossRun.Reference(loss, options, logits, target), run, logits.dtype);
        return run;
    }
}
