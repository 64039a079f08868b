using System.Runtime.InteropServices;
using GpuLoss.Kernels.Host;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Tests.Host;

/// <summary>The host kernels with every register width of this machine, against float64.</summary>
public unsafe class HostEngineTests
{
    private const double Tolerance = 1e-6;

    public static TheoryData<Enum> Registers => [.. Enum.GetValues<HostRegisters>().Where(width => width <= HostEngine.WidestRegisters)];

    [Theory]
    [MemberData(nameof(Registers))]
    public void Statistics_and_gradient_agree_with_float64_for_any_number_of_classes_and_voxels(Enum registersOf)
    {
        var registers = (HostRegisters)registersOf;
        foreach (var classes in new[] { 2, 3, 4, 5, 14, 105, 255, 256, 300 })
        {
            foreach (var voxels in classes switch
            {
                > 20 => new[] { 1, 65, 200 },
                > 4 => [1, 3, 15, 17, 63, 64, 65, 130, 8193],
                _ => [1, 3, 15, 17, 63, 64, 65, 130, 8191, 8193, 20000],
            })
            {
                foreach (var bytes in new[] { true, false })
                {
                    if (!bytes || classes <= 256)
                        Check(new SegmentationCase(
                            samples: 1 + voxels % 2, classes, voxels, squared: (classes + voxels) % 2 == 0, weighted: voxels % 3 != 0),
                                registers, bytes);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Registers))]
    public void Ignored_and_invalid_voxels_do_not_exist_whatever_their_logits_are(Enum registersOf)
    {
        var registers = (HostRegisters)registersOf;
        foreach (var ignore in new long[] { -100, 2 })
        {
            var data = new SegmentationCase(samples: 1, classes: 14, voxels: 301, ignoreIndex: ignore);
            long[] bad = [ignore, 14, 260, 4294967297, long.MinValue, long.MaxValue, -4294967295, -1];
            for (var i = 0; i < bad.Length; i++)
            {
                // The last one lies in the remainder behind the last full register.
                var voxel = i == bad.Length - 1 ? data.Voxels - 1 : 37 * i;
                data.Labels[voxel] = bad[i];
                for (var c = 0; c < data.Classes; c++)
                    data.Logits[c * data.Voxels + voxel] = i % 2 == 0 ? float.NaN : float.PositiveInfinity;
            }

            var (statistics, gradient) = Run(data, registers, bytes: false, new ThreadPoolTeam(1));
            Assert.Equal(bad.Length - 1, statistics[^1]);
            for (var i = 0; i < data.Logits.Length; i++)
            {
                if (!float.IsFinite(data.Logits[i]))
                    Assert.Equal(0f, gradient[i]);
                data.Logits[i] = float.IsFinite(data.Logits[i]) ? data.Logits[i] : 0;
            }

            AssertClose(data.Statistics(), statistics, $"{registers}, ignoring {ignore}");
        }
    }

    [Theory]
    [MemberData(nameof(Registers))]
    public void A_logit_that_is_not_a_number_is_one_in_every_sum(Enum registersOf)
    {
        var registers = (HostRegisters)registersOf;
        foreach (var logit in new[] { float.NaN, float.PositiveInfinity })
        {
            foreach (var voxel in new[] { 5, 99 })
            {
                var data = new SegmentationCase(samples: 1, classes: 3, voxels: 100);
                data.Logits[voxel] = logit;
                var (statistics, _) = Run(data, registers, bytes: true, new ThreadPoolTeam(1));
                Assert.True(double.IsNaN(statistics[3]) && double.IsNaN(statistics[4]) && double.IsNaN(statistics[9]));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Registers))]
    public void Minus_infinity_is_a_probability_of_zero(Enum registersOf)
    {
        var registers = (HostRegisters)registersOf;
        var data = new SegmentationCase(samples: 1, classes: 3, voxels: 100);
        data.Logits[7] = float.NegativeInfinity;
        data.Labels[7] = 1;
        var (statistics, gradient) = Run(data, registers, bytes: true, new ThreadPoolTeam(1));
        Assert.All(statistics, value => Assert.True(double.IsFinite(value)));
        Assert.Equal(0f, gradient[7]);
        data.Labels[7] = 0;
        (statistics, _) = Run(data, registers, bytes: true, new ThreadPoolTeam(1));
        Assert.Equal(double.PositiveInfinity, statistics[9]);
    }

    [Theory]
    [MemberData(nameof(Registers))]
    public void The_bits_do_not_depend_on_the_team(Enum registersOf)
    {
        var registers = (HostRegisters)registersOf;
        var data = new SegmentationCase(samples: 2, classes: 3, voxels: 70001);
        var expected = Run(data, registers, bytes: false, new ThreadPoolTeam(1));
        foreach (var size in new[] { 2, 3, 8 })
        {
            var actual = Run(data, registers, bytes: false, new ThreadPoolTeam(size));
            Assert.Equal(expected.Statistics, actual.Statistics);
            Assert.Equal(expected.Gradient, actual.Gradient);
        }
    }

    [Theory]
    [MemberData(nameof(Registers))]
    public void Large_aligned_gradients_take_the_streaming_stores_and_are_the_same(Enum registersOf) =>
        Check(new SegmentationCase(samples: 1, classes: 8, voxels: 1 << 17), (HostRegisters)registersOf, bytes: true);

    /// <summary>Scaled logits leave many voxels with a probability that float32 rounds to 1, and with what rounding leaves of their
    /// cross-entropy.</summary>
    [Theory]
    [MemberData(nameof(Registers))]
    public void Focal_loss_agrees_with_float64_where_probabilities_are_rounded_to_one(Enum registersOf)
    {
        var registers = (HostRegisters)registersOf;
        foreach (var gamma in new[] { 0.5, 1, 2 })
        {
            foreach (var scale in new[] { 1f, 12f })
            {
                var data = new SegmentationCase(samples: 1, classes: 3, voxels: 5000, focalGamma: gamma);
                for (var i = 0; i < data.Logits.Length; i++)
                    data.Logits[i] *= scale;
                Check(data, registers, bytes: true);
            }
        }
    }

    /// <summary>Up to the largest number, in all blocks, in one of many, and in a voxel's own class alone.</summary>
    [Theory]
    [MemberData(nameof(Registers))]
    public void Logits_of_any_finite_size_agree_with_float64(Enum registersOf)
    {
        var registers = (HostRegisters)registersOf;
        (float Scale, double Gamma, bool IsWeighted)[] cases =
            [(1e4f, 0, true), (1e9f, 0, false), (3e9f, 2, true), (3e18f, 0, true), (1.1e38f, 0, false), (1.1e38f, 0.5, true)];
        foreach (var (scale, gamma, weighted) in cases)
        {
            foreach (var (first, count) in new[] { (0, 1000), (700, 1) })
            {
                var data = new SegmentationCase(
                    samples: 1, classes: 3, voxels: 1000, weighted: weighted, squared: weighted, focalGamma: gamma);
                for (var i = 0; i < data.Logits.Length; i++)
                {
                    if (i % 1000 >= first && i % 1000 < first + count)
                        data.Logits[i] *= scale;
                }

                data.Labels[3] = -100;
                data.Logits[5 + 1000 * data.Labels[5]] = -scale;
                Check(data, registers, bytes: false);
            }
        }
    }

    [Fact]
    public void Exp2_is_as_accurate_as_it_says()
    {
        AssertExp2<Lanes128>();
        if (Lanes256.IsSupported)
            AssertExp2<Lanes256>();
        if (Lanes512.IsSupported)
            AssertExp2<Lanes512>();
    }

    private static void AssertExp2<TLanes>()
        where TLanes : unmanaged, ILanes<TLanes>
    {
        float Exp2(float y)
        {
            var lanes = stackalloc float[TLanes.Count];
            TLanes.Store(TLanes.Exp2(TLanes.Of(y)), lanes);
            return lanes[0];
        }

        for (var y = -125f; y < 1; y += 0.0137f)
            Assert.InRange(Exp2(y) / Math.Pow(2, y) - 1, -1.5e-7, 1.5e-7);
        Assert.Equal(0f, Exp2(float.NegativeInfinity));
        Assert.True(float.IsNaN(Exp2(float.NaN)));
    }

    [Fact]
    public void Log2_is_as_accurate_as_it_says()
    {
        AssertLog2<Lanes128>();
        if (Lanes256.IsSupported)
            AssertLog2<Lanes256>();
        if (Lanes512.IsSupported)
            AssertLog2<Lanes512>();
    }

    private static void AssertLog2<TLanes>()
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var lanes = stackalloc float[TLanes.Count];
        for (var exponent = -126; exponent <= 127; exponent++)
        {
            for (var mantissa = 1f; mantissa < 2; mantissa += 0.0173f)
            {
                var x = MathF.ScaleB(mantissa, exponent);
                TLanes.Store(TLanes.Log2(TLanes.Of(x)), lanes);
                var allowed = 2e-7 * Math.Max(1, Math.Abs(Math.Log2(x)));
                Assert.InRange(lanes[0] - Math.Log2(x), -allowed, allowed);
            }
        }
    }

    private static void Check(SegmentationCase data, HostRegisters registers, bool bytes)
    {
        var context = $"{registers}, C = {data.Classes}, V = {data.Voxels}, {(bytes ? "byte" : "long")} labels";
        var (statistics, gradient) = Run(data, registers, bytes, new ThreadPoolTeam(2));
        AssertClose(data.Statistics(), statistics, context);
        var expected = data.Gradient((n, c) => Coefficients(data, n, c));
        DiceCEReference.AssertGradient(expected, gradient);
    }

    /// <summary>
    /// Without weights all classes have the same factor of cross-entropy, as after Score. What differs between samples differs between
    /// their classes too: a slope that is the same for all of them has no gradient.
    /// </summary>
    private static (double A, double B, double Q, double K) Coefficients(SegmentationCase data, int sample, int @class) => (
        -0.5 - 0.01 * (@class % 7), 0.3 + 0.02 * (@class % 5) + 0.1 * sample * (@class % 2), data.Squared ? 0.2 : 0,
        data.IsWeighted ? 0.4 + 0.03 * (@class % 3) : 0.4);

    private static (double[] Statistics, float[] Gradient) Run(SegmentationCase data, HostRegisters registers, bool bytes, IThreadTeam team)
    {
        var shape = new LogitsShape(data.Samples, data.Classes, data.Voxels);
        var statistics = new double[data.Samples * new StatisticsLayout(data.Classes).Stride];
        var coefficients = new ClassCoefficients[data.Samples * data.Classes];
        for (var i = 0; i < coefficients.Length; i++)
        {
            var (a, b, q, k) = Coefficients(data, i / data.Classes, i % data.Classes);
            coefficients[i] = new ClassCoefficients
            {
                Intersection = a,
                Constant = b,
                Linear = q,
                VoxelTerm = data.IsWeighted ? k / data.Weights[i % data.Classes] : k,
            };
        }

        var size = (nuint)data.Logits.Length * sizeof(float);
        var memory = (float*)NativeMemory.AlignedAlloc(size, 64);
        try
        {
            var byteLabels = Array.ConvertAll(data.Labels, label => (byte)label);
            fixed (float* logits = data.Logits)
            fixed (long* longs = data.Labels)
            fixed (byte* shorts = byteLabels)
            fixed (double* weights = data.Weights)
            fixed (ClassCoefficients* ofClasses = coefficients)
            {
                var arguments = new HostArguments
                {
                    Sums =
                    [
                        new HostSum
                        {
                            Definition = new SumDefinition
                            {
                                Overlap = data.Squared ? OverlapSums.Squared : OverlapSums.Product,
                                HasVoxelTerm = 1,
                                Gamma = data.FocalGamma,
                            },
                            Positive = data.IsWeighted ? weights : null,
                        },
                    ],
                    Shape = shape,
                    Logits = logits,
                    LogitsType = LogitsType.Float32,
                    Target = bytes ? shorts : longs,
                    LabelType = bytes ? LabelType.UInt8 : LabelType.Int64,
                    IgnoreIndex = (int)data.IgnoreIndex,
                };
                HostEngine.Reduce(arguments, team, statistics, null, registers);
                HostEngine.Spread(arguments, team, ofClasses, null, memory, registers);
            }

            return (statistics, new Span<float>(memory, data.Logits.Length).ToArray());
        }
        finally
        {
            NativeMemory.AlignedFree(memory);
        }
    }

    private static void AssertClose(double[] expected, double[] actual, string context)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            if (!(Math.Abs(expected[i] - actual[i]) <= Tolerance * (1 + Math.Abs(expected[i]))))
                Assert.Fail($"{context}: statistic {i} is {actual[i]} for {expected[i]}");
        }
    }
}
