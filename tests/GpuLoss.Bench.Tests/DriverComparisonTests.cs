using GpuLoss.Bench.Gpu.Comparison;
using GpuLoss.Interop.Cuda;
using GpuLoss.PtxMachine;
using GpuLoss.PtxMachine.Tests;

namespace GpuLoss.Bench.Tests;

/// <summary>The comparison of a GPU with the PTX machine, shown with two of the machine: what a GPU may do is no failure, and what it must
/// not is one.</summary>
public class DriverComparisonTests
{
    private const string ThreeClasses = "Classes = 3,";

    /// <summary>Some of all, of every kind; kernels of more classes take long to compile.</summary>
    private static readonly ComparedProblem[] Some =
    [
        .. Every(9, LossProblems.Of(KernelCombination.Day).Where(one => one.Name.Contains(ThreeClasses, StringComparison.Ordinal))),
        .. Every(3, LossProblems.Of(KernelCombination.Day).Where(one => one.Name.Contains(", C = 4,", StringComparison.Ordinal))),
        .. Every(11, TopProblems.All), .. Every(5, ShapeProblems.All),
    ];

    [Fact]
    public void Two_machines_leave_the_same_bits()
    {
        var results = Run(new MachineDriver(), Some);
        Assert.All(results, result => Assert.Equal((null, 0, 0), (result.Failure, result.Wide, result.Approximate)));
        Assert.InRange(results.Sum(result => result.Same), 10_000, long.MaxValue);
    }

    /// <summary>Approximations at their documented worst, multiplications that are fused, and another order of the blocks.</summary>
    [Theory]
    [InlineData("Alternating", true)]
    [InlineData("Up", false)]
    [InlineData("Down", true)]
    public void What_a_gpu_may_do_is_no_failure(string error, bool fuses)
    {
        // At night all that a GPU is given, or the comparison would fail there for no fault of its own.
        var problems = Environment.GetEnvironmentVariable("GPULOSS_NIGHTLY") == "1" ? ComparedProblem.All() : Some;
        var results = Run(
            new MachineDriver(new MachineOptions
            {
                Error = Enum.Parse<ApproximationError>(error),
                Fuses = fuses,
                Order = BlockOrder.Backward,
            }), problems);
        Assert.Equal([], results.Where(result => result.Failure is not null).Select(result => $"{result.Name}: {result.Failure}"));
        Assert.InRange(results.Max(result => result.Approximate), 1e-8, ComparedNumbers.Approximate);
        Assert.Equal(fuses, results.Max(result => result.Wide) > 0);
    }

    /// <summary>Of three classes a loss leaves three sums I, three sums P, three counts, its voxel term and two counts more.</summary>
    [Theory]
    [InlineData(0, 0, null)]
    [InlineData(0, 50, "I 0 is ")]
    [InlineData(6, 0, "T 0 is ")]
    [InlineData(10, 0, "voxels 0 is ")]
    [InlineData(11, 0, "invalid labels 0 is ")]
    public void A_wrong_bit_is_reported(int number, int bit, string? report)
    {
        var problem = LossProblems.Of(KernelCombination.Day).First(one => one.Name.Contains(ThreeClasses, StringComparison.Ordinal));
        var result = Assert.Single(Run(new OneWrongBit(download: 0, number, bit), [problem]));
        if (report is null)
            Assert.Null(result.Failure);
        else
            Assert.StartsWith(report, result.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_derivative_of_the_largest_is_reported_and_a_wrong_part()
    {
        void AssertReported(string report, OneWrongBit driver, IEnumerable<ComparedProblem> problems, string name) => Assert.StartsWith(
            report, Run(driver, [problems.First(one => one.Name.StartsWith(name, StringComparison.Ordinal))])[0].Failure,
            StringComparison.Ordinal);

        AssertReported("derivative 1 is ", new(download: 2, number: 0, bit: 32), TopProblems.All, "the largest 3 of 10");
        AssertReported("distance 0 is ", new(download: 0, number: 0, bit: 0), ShapeProblems.All, "distances");
        AssertReported("part 0 is ", new(download: 0, number: 0, bit: 0), ShapeProblems.All, "blobs");
    }

    [Fact]
    public void A_launch_that_ends_with_an_error_is_reported_and_the_others_go_on()
    {
        var results = Run(new OneWrongBit(download: -1, 0, 0) { LaunchesBeforeError = 2 }, Some[..2]);
        Assert.Contains("cuLaunchKernel", results[0].Failure, StringComparison.Ordinal);
        Assert.Null(results[1].Failure);
    }

    [Theory]
    [InlineData(1, 1 + 1.5e-6, false)]
    [InlineData(1, 1 + 5e-6, true)]
    [InlineData(double.NaN, double.NaN, false)]
    [InlineData(double.NaN, 1, true)]
    [InlineData(1, double.PositiveInfinity, true)]
    [InlineData(double.NegativeInfinity, double.NegativeInfinity, false)]
    public void Approximate_numbers_are_near(double one, double other, bool isWrong)
    {
        var numbers = new ComparedNumbers("a number", [one], Closeness.Approximate);
        Assert.Equal(isWrong, numbers.From(numbers with { Numbers = [other] }).Difference > numbers.Tolerance);
    }

    /// <summary>Of the largest a millionth is a lot where it is small; and neighbours of a narrow type are as near as can be.</summary>
    [Fact]
    public void Gradients_are_measured_by_their_largest()
    {
        var gradient = new ComparedNumbers("gradient", [1e-3, 1e-9], Closeness.Approximate) { OfLargest = true };
        Assert.Equal(1e-5, gradient.From(gradient with { Numbers = [1e-3 + 1e-8, 1e-9] }).Difference, 1e-9);
        Assert.Equal((0, -1), (gradient with { Step = (2e-5, 0) }).From(gradient with { Numbers = [1e-3 + 1e-8, 1e-9] }));
        Assert.Equal(1, gradient.From(gradient with { Numbers = [1e-3, 1e-8] }).At);
    }

    private static IReadOnlyList<ComparedResult> Run(ICudaDriver driver, IReadOnlyList<ComparedProblem> problems) =>
        new DriverComparison(driver, () => new MachineDriver()).Run(problems);

    private static IEnumerable<ComparedProblem> Every(int step, IEnumerable<ComparedProblem> problems) =>
        problems.Where((_, i) => i % step == 0);
}
