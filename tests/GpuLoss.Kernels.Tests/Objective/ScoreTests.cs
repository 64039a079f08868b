using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Tests.Objective;

/// <summary>Score alone: its gradient against differences of its value, and one lane against many.</summary>
public class ScoreTests
{
    private const int Lanes = 32;

    private static readonly LogitsShape Shape = new(2, 5, 1000);

    public static TheoryData<Enum, Enum, bool, bool, Enum> Losses
    {
        get
        {
            var data = new TheoryData<Enum, Enum, bool, bool, Enum>();
            foreach (var pool in new[] { false, true })
            {
                foreach (var reduction in Enum.GetValues<ScalarReduction>())
                {
                    data.Add(OverlapCombination.MeanOfRatios, VolumeWeighting.Uniform, pool, false, reduction);
                    data.Add(OverlapCombination.MeanOfRatios, VolumeWeighting.Uniform, pool, true, reduction);
                    foreach (var weighting in Enum.GetValues<VolumeWeighting>())
                        data.Add(OverlapCombination.RatioOfSums, weighting, pool, false, reduction);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void The_coefficients_are_the_slopes_of_the_value(
        Enum combinationOf, Enum weightingOf, bool pool, bool squared, Enum reductionOf)
    {
        var combination = (OverlapCombination)combinationOf;
        var weighting = (VolumeWeighting)weightingOf;
        var reduction = (ScalarReduction)reductionOf;
        var loss = Definition(combination, weighting, pool, squared, reduction);
        var (statistics, weights) = Statistics();
        var coefficients = Gradient(loss, statistics, weights, 1.7);
        var layout = new StatisticsLayout(Shape.Classes);
        for (var n = 0; n < Shape.Samples; n++)
        {
            for (var c = 0; c < Shape.Classes; c++)
            {
                var of = coefficients[n * Shape.Classes + c];
                var byPrediction = squared ? of.Linear / 2 : of.Constant;
                Assert.Equal(1.7 * Slope(loss, statistics, weights, layout.Intersection(n, c)), of.Intersection, 1e-7);
                Assert.Equal(1.7 * Slope(loss, statistics, weights, layout.Prediction(n, c)), byPrediction, 1e-7);
                var byVoxelTerm = 1.7 * Slope(loss, statistics, weights, layout.VoxelTerm(n));
                Assert.Equal(byVoxelTerm, of.VoxelTerm, 1e-7);
            }
        }
    }

    [Theory]
    [InlineData(OverlapCombination.MeanOfRatios, OverlapMeasure.Complement, 0.75)]
    [InlineData(OverlapCombination.MeanOfRatios, OverlapMeasure.NegativeLogarithm, 1)]
    [InlineData(OverlapCombination.RatioOfSums, OverlapMeasure.NegativeLogarithm, 0.3)]
    public void So_they_are_where_the_ratio_is_transformed(Enum combinationOf, Enum measureOf, double exponent)
    {
        var combination = (OverlapCombination)combinationOf;
        var measure = (OverlapMeasure)measureOf;
        var plain = Definition(combination, VolumeWeighting.Square, pool: false, squared: false, ScalarReduction.Mean);
        var loss = plain with { Overlap = plain.Overlap with { Measure = measure, Exponent = exponent } };
        var (statistics, weights) = Statistics();
        var coefficients = Gradient(loss, statistics, weights, 1);
        var layout = new StatisticsLayout(Shape.Classes);
        for (var c = 0; c < Shape.Classes; c++)
        {
            Assert.Equal(Slope(loss, statistics, weights, layout.Intersection(1, c)), coefficients[Shape.Classes + c].Intersection, 1e-7);
            Assert.Equal(Slope(loss, statistics, weights, layout.Prediction(1, c)), coefficients[Shape.Classes + c].Constant, 1e-7);
        }
    }

    [Fact]
    public void A_perfect_ratio_has_no_loss_and_no_slope_whatever_its_power()
    {
        var term = new OverlapTerm { Exponent = 0.5 };
        foreach (var ratio in new[] { 1, 1 + 1e-9 })
        {
            Assert.Equal(0, default(PowerOfMeasure).Value(term, ratio));
            Assert.Equal(0, default(PowerOfMeasure).Slope(term, ratio));
        }

        Assert.True(double.IsNaN(default(PowerOfMeasure).Value(term, double.NaN)));
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public async Task Many_lanes_find_what_one_finds(
        Enum combinationOf, Enum weightingOf, bool pool, bool squared, Enum reductionOf)
    {
        var combination = (OverlapCombination)combinationOf;
        var weighting = (VolumeWeighting)weightingOf;
        var reduction = (ScalarReduction)reductionOf;
        var loss = Definition(combination, weighting, pool, squared, reduction);
        var (statistics, weights) = Statistics();
        var expected = Values(loss, statistics, weights);
        using var exchange = new LaneExchange(Lanes);
        var values = Enumerable.Repeat(double.NaN, expected.Length).ToArray();
        await Task.WhenAll(Enumerable.Range(0, Lanes).Select(rank => Task.Factory.StartNew(
            () => Score.Loss<Doubles, ValueList, Lane, PowerOfMeasure>(
                loss, Shape, new Doubles(statistics), new Doubles(weights), new ValueList(values), new Lane(exchange, rank)),
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        Assert.All(expected.Zip(values), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
    }

    private static LossDefinition Definition(
        OverlapCombination combination, VolumeWeighting weighting, bool pool, bool squared, ScalarReduction reduction) => new()
        {
            VoxelTermScale = reduction == ScalarReduction.None ? 0 : 0.6,
            Reduction = reduction,
            Overlap = new OverlapTerm
            {
                Combination = combination,
                Weighting = weighting,
                Numerator = new LinearForm(2, 0, 0),
                Denominator = new LinearForm(0, 1, 1),
                SmoothNumerator = 0.5,
                SmoothDenominator = 0.25,
                Scale = 1.4,
                FirstClass = squared ? 1 : 0,
                PoolSamples = pool ? 1 : 0,
                SquaredPrediction = squared ? 1 : 0,
            },
        };

    /// <summary>Class 3 is absent from the first sample.</summary>
    private static (double[] Statistics, double[] Weights) Statistics()
    {
        var layout = new StatisticsLayout(Shape.Classes);
        var statistics = new double[Shape.Samples * layout.Stride];
        for (var n = 0; n < Shape.Samples; n++)
        {
            for (var c = 0; c < Shape.Classes; c++)
            {
                statistics[layout.Target(n, c)] = n == 0 && c == 3 ? 0 : 40 + 30 * c + 10 * n;
                statistics[layout.Intersection(n, c)] = 0.4 * statistics[layout.Target(n, c)];
                statistics[layout.Prediction(n, c)] = 25 + 35 * c;
            }

            statistics[layout.VoxelTerm(n)] = 120 + n;
            statistics[layout.Voxels(n)] = Enumerable.Range(0, Shape.Classes).Sum(c => statistics[layout.Target(n, c)]);
        }

        return (statistics, [0.5, 1, 1.5, 2, 2.5]);
    }

    private static double Slope(LossDefinition loss, double[] statistics, double[] weights, long index)
    {
        const double Step = 1e-3;
        double At(double change)
        {
            var moved = (double[])statistics.Clone();
            moved[index] += change;
            return Value(loss, moved, weights);
        }

        return (At(Step) - At(-Step)) / (2 * Step);
    }

    /// <summary>The loss, or the sum of its values.</summary>
    private static double Value(LossDefinition loss, double[] statistics, double[] weights) => Values(loss, statistics, weights).Sum();

    private static double[] Values(LossDefinition loss, double[] statistics, double[] weights)
    {
        using var alone = new LaneExchange(1);
        var values = new double[Score.ValueCount(loss, Shape)];
        Score.Loss<Doubles, ValueList, Lane, PowerOfMeasure>(
            loss, Shape, new Doubles(statistics), new Doubles(weights), new ValueList(values), new Lane(alone, 0));
        return values;
    }

    private static ClassCoefficients[] Gradient(LossDefinition loss, double[] statistics, double[] weights, double gradient)
    {
        using var alone = new LaneExchange(1);
        var coefficients = new ClassCoefficients[Shape.Samples * Shape.Classes];
        Score.VectorJacobian<Doubles, Doubles, Coefficients, Lane, PowerOfMeasure>(
            loss, Shape, new Doubles(statistics), new Doubles(weights),
            new Doubles([.. Enumerable.Repeat(gradient, (int)Score.ValueCount(loss, Shape))]), new Coefficients(coefficients),
            new Lane(alone, 0));
        return coefficients;
    }

    private readonly struct Doubles(double[] values) : IScoreInput
    {
        public double Read(long index) => values[index];
    }

    private readonly struct ValueList(double[] values) : IScoreValues
    {
        public void Write(long index, double value) => values[index] = value;
    }

    private readonly struct Coefficients(ClassCoefficients[] values) : IScoreOutput
    {
        public void Write(long index, ClassCoefficients coefficients) => values[index] = coefficients;
    }

    /// <summary>Where lanes meet: each leaves its number, and all read all of them.</summary>
    private sealed class LaneExchange(int size) : IDisposable
    {
        private readonly Barrier barrier = new(size);
        private readonly double[] values = new double[size];

        public int Size => size;

        public void Dispose() => barrier.Dispose();

        public double[] Share(int rank, double value)
        {
            values[rank] = value;
            barrier.SignalAndWait();
            var all = (double[])values.Clone();
            barrier.SignalAndWait();
            return all;
        }
    }

    private readonly struct Lane(LaneExchange exchange, int rank) : IScoreTeam
    {
        public int Rank => rank;

        public int Size => exchange.Size;

        public double Sum(double value) => exchange.Share(rank, value).Sum();

        public double Max(double value) => exchange.Share(rank, value).Max();
    }
}
