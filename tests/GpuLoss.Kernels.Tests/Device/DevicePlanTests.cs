using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Tests.Device;

/// <summary>
/// The kernels of any plan on the PTX machine against float64, in small blocks.
/// </summary>
public class DevicePlanTests(DeviceOnMachine device) : IClassFixture<DeviceOnMachine>
{
    /// <summary>A block and a bit. With one more they come in fours.</summary>
    private const int Voxels = 67;

    /// <summary>Four chunks and a part of one.</summary>
    private const int ManyClasses = 33;

    /// <summary>Combinations to choose from; all of them would be a hundred thousand.</summary>
    private const int Candidates = 2000;

    public static TheoryData<int, Enum, Enum, int, double, Enum, Enum, Enum, Enum, int> Chosen
    {
        get
        {
            var rows = new TheoryData<int, Enum, Enum, int, double, Enum, Enum, Enum, Enum, int>();
            foreach (var one in PairwiseCover.Of(Combinations(), one =>
                [one.Classes, one.Activation, one.Overlap, one.Sums, one.Gamma, one.Target, one.Label, one.Mask, one.Type, one.ValuesOf]))
            {
                rows.Add(
                    one.Classes, one.Activation, one.Overlap, one.Sums, one.Gamma, one.Target, one.Label, one.Mask, one.Type, one.ValuesOf);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Chosen))]
    public void Kernels_agree_with_float64(
        int classes, Enum activationOf, Enum overlapOf, int sums, double gamma, Enum targetOf, Enum labelOf, Enum maskOf,
        Enum typeOf, int valuesOf)
    {
        var @case = CaseOf(Voxels);
        AssertAgrees(device, @case);
        if (@case.HasForm)
            AssertAgrees(device, CaseOf(Voxels + 1));

        DevicePlanCase CaseOf(int voxels) => DevicePlanTests.CaseOf(
            classes, (Activation)activationOf, (OverlapSums)overlapOf, sums, gamma, (TargetKind)targetOf, (LabelType)labelOf,
            (MaskKind)maskOf, (LogitsType)typeOf, valuesOf, voxels);
    }

    [Fact]
    public void Several_tiles_and_blocks_agree_with_float64_and_two_runs_have_the_same_bits()
    {
        var @case = new DevicePlanCase(
            classes: 3, voxels: 2 * DeviceOnMachine.Threads * DeviceLoopReduce.Run + DeviceOnMachine.Threads + 13, LogitsType.Float32,
            TargetKind.Float32,
            LabelType.UInt8, MaskKind.Float32,
            [Sum(3, Activation.Softmax, OverlapSums.Product, 2, 0), Sum(3, Activation.Sigmoid, OverlapSums.Absolute, 0, 1)], valueSum: 0);
        var first = AssertAgrees(device, @case, blocks: 2);
        var second = device.Run(@case, blocks: 2);
        Assert.Equal(first.Statistics, second.Statistics);
        Assert.Equal(first.Values, second.Values);
        Assert.Equal(first.Gradient, second.Gradient);
    }

    [Fact]
    public void As_many_sums_as_a_plan_may_have_agree_with_float64() => AssertAgrees(
        device,
        new DevicePlanCase(
            classes: 9, Voxels, LogitsType.Float32, TargetKind.Labels, LabelType.Int64, MaskKind.UInt8,
            [.. Enumerable.Range(0, SumDefinition.Most).Select(sum => Sum(9, Activation.Softmax, OverlapSums.Product, 0, sum))]));

    /// <summary>What is near 1 in float32 is not 1: the small gradients of confident voxels keep their digits.</summary>
    [Theory]
    [InlineData(Activation.Softmax)]
    [InlineData(Activation.Sigmoid)]
    public void The_voxel_terms_of_confident_voxels_keep_their_digits(Enum activationOf)
    {
        var activation = (Activation)activationOf;
        var @case = new DevicePlanCase(
            classes: 3, Voxels, LogitsType.Float32, TargetKind.Labels, LabelType.Int16, MaskKind.None,
            [Unsmoothed(activation)], valueSum: 0);
        for (var i = 0; i < @case.Data.Logits.Length; i++)
        {
            var (n, c, v) = (i / (3 * Voxels), i / Voxels % 3, i % Voxels);
            if (@case.Exists(n, v))
                @case.Data.Logits[i] += @case.Data.Labels[n * Voxels + v] == c ? 8 : -8;
        }

        var expected = new DevicePlanReference(@case).Values;
        Assert.InRange(expected.Max(), 1e-8, 0.02);
        foreach (var ofForm in (bool[])[false, true])
        {
            var values = device.Run(@case, ofForm: ofForm).Values;
            Assert.All(expected.Zip(values), pair => Assert.InRange(pair.Second, pair.First * (1 - 4e-6), pair.First * (1 + 4e-6)));
        }
    }

    [Theory]
    [InlineData(TargetKind.Labels, MaskKind.None, 1, 1)]
    [InlineData(TargetKind.Labels, MaskKind.Float32, 1, 3)]
    [InlineData(TargetKind.Labels, MaskKind.UInt8, 1, 0)]
    [InlineData(TargetKind.Float32, MaskKind.Float32, 0, 3)]
    [InlineData(TargetKind.UInt8, MaskKind.None, 0, 0)]
    public void Voxels_that_do_not_exist_have_no_gradient_whatever_the_coefficients_are(
        Enum targetOf, Enum maskOf, double invalidOfFirst, double invalidOfSecond)
    {
        var target = (TargetKind)targetOf;
        var mask = (MaskKind)maskOf;
        var @case = new DevicePlanCase(
            classes: 3, Voxels, LogitsType.Float16, target, LabelType.UInt8, mask,
            [Sum(3, Activation.Softmax, OverlapSums.Product, 2, 0), Sum(3, Activation.None, OverlapSums.Product, 2, 0)], valueSum: 0);
        Array.Fill(@case.Coefficients,
            new ClassCoefficients { Intersection = double.NaN, Constant = double.NaN, VoxelTerm = double.NaN });
        var (statistics, values, gradient) = device.Run(@case);
        for (var i = 0; i < gradient.Length; i++)
            Assert.Equal(@case.Exists(i / (3 * Voxels), i % Voxels) ? float.NaN : 0, gradient[i]);
        for (var i = 0; i < values.Length; i++)
            Assert.Equal(@case.Exists(i / Voxels, i % Voxels), values[i] != 0);
        var layout = new StatisticsLayout(3);
        Assert.Equal(
            [invalidOfFirst, invalidOfSecond, invalidOfFirst, invalidOfSecond],
            Enumerable.Range(0, 4).Select(row => statistics[layout.InvalidLabels(row)]));
    }

    [Fact]
    public void Minus_infinity_is_a_probability_of_zero()
    {
        var @case = new DevicePlanCase(
            classes: 3, Voxels, LogitsType.Float32, TargetKind.Labels, LabelType.UInt8, MaskKind.None,
            [Unsmoothed(Activation.Softmax, gamma: 2), Unsmoothed(Activation.Sigmoid, gamma: 2)]);
        @case.Data.Labels[12] = 0;
        @case.Data.Logits[@case.Element(0, 1, 12)] = float.NegativeInfinity;
        @case.Data.Logits[@case.Element(0, 2, 12)] = float.NegativeInfinity;
        var (statistics, _, gradient) = device.Run(@case);
        Assert.All(statistics, value => Assert.True(double.IsFinite(value)));
        Assert.All([1, 2], c => Assert.Equal(0f, gradient[@case.Element(0, c, 12)]));
    }

    [Theory]
    [InlineData(Activation.Softmax)]
    [InlineData(Activation.Sigmoid)]
    public void Minus_infinity_is_a_probability_of_zero_with_one_sum_too(Enum activationOf)
    {
        var @case = new DevicePlanCase(
            classes: 3, Voxels, LogitsType.Float32, TargetKind.Labels, LabelType.UInt8, MaskKind.None,
            [Unsmoothed((Activation)activationOf, gamma: 2)]);
        @case.Data.Labels[12] = 0;
        @case.Data.Logits[@case.Element(0, 1, 12)] = float.NegativeInfinity;
        @case.Data.Logits[@case.Element(0, 2, 12)] = float.NegativeInfinity;
        var (statistics, _, gradient) = device.Run(@case, ofForm: true);
        Assert.All(statistics, value => Assert.True(double.IsFinite(value)));
        Assert.All([1, 2], c => Assert.Equal(0f, gradient[@case.Element(0, c, 12)]));
    }

    /// <summary>A block and a bit for each number of threads that share the classes of a voxel, and several runs of blocks.</summary>
    [Theory]
    [InlineData(4, 5000, Activation.Softmax)]
    [InlineData(16, 300, Activation.Sigmoid)]
    [InlineData(30, 70, Activation.Softmax)]
    [InlineData(48, 40, Activation.Sigmoid)]
    [InlineData(60, 40, Activation.Softmax)]
    [InlineData(90, 40, Activation.Softmax)]
    [InlineData(144, 40, Activation.Sigmoid)]
    [InlineData(133, 40, Activation.Softmax)]
    public void One_sum_of_any_number_of_classes_agrees_with_float64(int classes, int voxels, Enum activationOf)
    {
        var @case = new DevicePlanCase(
            classes, voxels, LogitsType.Float32, TargetKind.Float32, LabelType.UInt8, MaskKind.Float32,
            [Sum(classes, (Activation)activationOf, OverlapSums.Product, 0, 0)], valueSum: 0);
        AssertAgrees(@case, new DevicePlanReference(@case), device.Run(@case, blocks: 2, ofForm: true));
    }

    /// <summary>Four voxels of a thread, whose targets are one word.</summary>
    [Fact]
    public void Bytes_in_fours_agree_with_float64()
    {
        var @case = new DevicePlanCase(
            classes: 3, voxels: 64, LogitsType.Float32, TargetKind.UInt8, LabelType.UInt8, MaskKind.None,
            [Sum(3, Activation.Softmax, OverlapSums.Product, 0, 0)]);
        AssertAgrees(@case, new DevicePlanReference(@case), device.Run(@case, ofForm: true));
    }

    [Theory]
    [InlineData(LogitsType.Float32)]
    [InlineData(LogitsType.BFloat16)]
    public void Logits_of_any_finite_size_have_their_distance_from_the_largest(Enum typeOf)
    {
        var type = (LogitsType)typeOf;
        var large = new LargeLogitsCase(type);
        large.AssertAgrees(device.Run(large.Case));
    }

    /// <summary>They are counted in all sums and read as 0.</summary>
    [Theory]
    [InlineData(TargetKind.Float32, 5)]
    [InlineData(TargetKind.UInt8, 3)]
    public void Targets_that_are_no_probabilities_are_counted(Enum targetOf, int invalid)
    {
        var target = (TargetKind)targetOf;
        var plan = new[] { Sum(9, Activation.Softmax, OverlapSums.Product, 0, 0), Sum(9, Activation.Sigmoid, OverlapSums.Product, 0, 0) };
        var @case = new DevicePlanCase(
            classes: 9, Voxels, LogitsType.Float32, target, LabelType.UInt8, MaskKind.None, plan)
        { ChecksTarget = true };
        int[] places = [0, 20, 6 * Voxels + 3, 8 * Voxels + 5, 9 * Voxels - 2];
        foreach (var place in places)
            @case.Numbers[place] = 0;
        var expected = device.Run(@case);
        foreach (var (place, number) in places.Zip(new[] { 255, 2, 7, -0.25f, float.NaN }.Take(invalid)))
            @case.Numbers[place] = number;
        var actual = device.Run(@case);
        var layout = new StatisticsLayout(9);
        Assert.Equal([0, 0, 0, 0], Enumerable.Range(0, 4).Select(row => expected.Statistics[layout.InvalidLabels(row)]));
        Assert.Equal([invalid, 0, invalid, 0], Enumerable.Range(0, 4).Select(row => actual.Statistics[layout.InvalidLabels(row)]));
        actual.Statistics[layout.InvalidLabels(0)] = actual.Statistics[layout.InvalidLabels(2)] = 0;
        Assert.Equal(expected.Statistics, actual.Statistics);
        Assert.Equal(expected.Gradient, actual.Gradient);
    }

    /// <summary>One of the combinations.</summary>
    internal static DevicePlanCase CaseOf(
        int classes, Activation activation, OverlapSums overlap, int sums, double gamma, TargetKind target, LabelType label, MaskKind mask,
        LogitsType type, int valuesOf, int voxels = Voxels)
    {
        var plan = Enumerable.Range(0, sums).Select(sum => Sum(classes, activation, overlap, gamma, sum)).ToArray();
        var valueSum = valuesOf == 0 ? DeviceVolume.NoValues : Array.FindLastIndex(plan, sum => sum.Definition.HasVoxelTerm != 0);
        return new DevicePlanCase(classes, voxels, type, target, label, mask, plan, valueSum, valuesOf > 1);
    }

    /// <summary>Runs both passes on a case and compares all that they leave.</summary>
    internal static PlanResult AssertAgrees(DeviceOnMachine device, DevicePlanCase @case, int blocks = 1)
    {
        var expected = new DevicePlanReference(@case);
        var actual = device.Run(@case, blocks);
        AssertAgrees(@case, expected, actual);
        if (@case.HasForm)
            AssertAgrees(@case, expected, device.Run(@case, blocks, ofForm: true));
        return actual;
    }

    private static void AssertAgrees(DevicePlanCase @case, DevicePlanReference expected, PlanResult actual)
    {
        DeviceReference.AssertClose(expected.Statistics, actual.Statistics);
        DeviceReference.AssertClose(expected.Values, [.. actual.Values.Select(value => (double)value)]);
        DeviceReference.AssertGradient(@case.Rounding, expected.Gradient, actual.Gradient);
    }

    /// <summary>A row of a plan. The activations and sums of the rows after the first are the next ones.</summary>
    private static PlanSum Sum(int classes, Activation activation, OverlapSums overlap, double gamma, int row)
    {
        var ofRow = (Activation)(((int)activation + row) % 5);
        if (classes == 1 && ofRow == Activation.Softmax)
            ofRow = Activation.Sigmoid; // one class has no softmax
        return new PlanSum(
            new SumDefinition
            {
                Activation = ofRow,
                Overlap = (OverlapSums)(((int)overlap + row) % 4),
                HasVoxelTerm = ofRow is Activation.Softmax or Activation.Sigmoid ? 1 : 0,
                Gamma = gamma,
                LabelSmoothing = row % 2 == 0 ? 0.125 : 0,
            },
            [.. Enumerable.Range(0, classes).Select(c => 0.5 + c % 4 / 4.0)],
            [.. Enumerable.Range(0, classes).Select(c => 1 - c % 3 / 4.0)]);
    }

    private static PlanSum Unsmoothed(Activation activation, double gamma = 0)
    {
        var sum = Sum(classes: 3, activation, OverlapSums.Product, gamma, row: 0);
        return sum with { Definition = sum.Definition with { LabelSmoothing = 0 } };
    }

    private static List<Combination> Combinations()
    {
        var random = new Random(4);
        T Any<T>(params ReadOnlySpan<T> values) => values[random.Next(values.Length)];
        return [.. Enumerable.Range(0, Candidates).Select(_ => new Combination(
            Any(1, 2, 3, 5, ManyClasses), Any(Enum.GetValues<Activation>()), Any(Enum.GetValues<OverlapSums>()), Any(1, 2, 3),
            Any(0, 0.5, 2),
            Any(TargetKind.Labels, TargetKind.Float32, TargetKind.UInt8, TargetKind.Float16, TargetKind.BFloat16),
            Any(Enum.GetValues<LabelType>()), Any(MaskKind.None, MaskKind.Float32, MaskKind.UInt8, MaskKind.Bool),
            Any(LogitsType.Float32, LogitsType.Float16, LogitsType.BFloat16),
            Any(0, 1, 2)))
            .Where(one => one.Sums == 1 || one.Classes < ManyClasses)
            .Where(one => one.ValuesOf == 0 || HasVoxelTerm(one))];
    }

    private static bool HasVoxelTerm(Combination one) =>
        Enumerable.Range(0, one.Sums).Any(row => Sum(1, one.Activation, one.Overlap, one.Gamma, row).Definition.HasVoxelTerm != 0);

    /// <summary>ValuesOf: 0 for none, 1 for one per voxel, 2 for one per voxel and class.</summary>
    private sealed record Combination(
        int Classes, Activation Activation, OverlapSums Overlap, int Sums, double Gamma, TargetKind Target, LabelType Label, MaskKind Mask,
        LogitsType Type, int ValuesOf);
}
