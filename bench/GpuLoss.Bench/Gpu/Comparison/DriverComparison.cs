using System.Globalization;
using GpuLoss.Interop.Cuda;

namespace GpuLoss.Bench.Gpu.Comparison;

/// <summary>What two drivers made of a problem.</summary>
/// <param name="Name">The problem.</param>
/// <param name="Same">How many numbers have to have the same bits.</param>
/// <param name="Wide">The largest difference of those in float64, see <see cref="ComparedNumbers.Wide"/>.</param>
/// <param name="Approximate">The largest difference of the others, see <see cref="ComparedNumbers.Approximate"/>.</param>
/// <param name="Failure">What is wrong, or null.</param>
internal sealed record ComparedResult(string Name, long Same, double Wide, double Approximate, string? Failure);

/// <summary>Gives the same problems to two drivers, that of a GPU and one that executes the PTX on the host, and compares what they
/// leave.</summary>
/// <param name="driver">The driver in question.</param>
/// <param name="other">Makes drivers to compare it with: one for each thread of the host.</param>
internal sealed class DriverComparison(ICudaDriver driver, Func<ICudaDriver> other)
{
    /// <summary>Runs problems.</summary>
    public IReadOnlyList<ComparedResult> Run(IReadOnlyList<ComparedProblem> problems)
    {
        // The other one comes first, on all threads: it takes longer, and so all kernels are compiled by then.
        var expected = new Outcome[problems.Count];
        Parallel.For(
            0, problems.Count, () => new ComparedDevice(other()),
            (i, _, device) =>
            {
                expected[i] = Outcome.Of(problems[i], device);
                return device;
            },
            _ => { });
        var asked = new ComparedDevice(driver);
        return [.. problems.Select((problem, i) => Compare(problem.Name, Outcome.Of(problem, asked), expected[i]))];
    }

    private static ComparedResult Compare(string name, Outcome actual, Outcome expected)
    {
        var failures = new[] { actual.Failure, expected.Failure is { } failure ? $"the PTX machine: {failure}" : null }.ToList();
        var (same, wide, approximate) = (0L, 0.0, 0.0);
        foreach (var (numbers, others) in actual.Numbers.Zip(expected.Numbers))
        {
            var (difference, at) = others.From(numbers);
            if (others.Closeness == Closeness.Bits)
                same += others.Numbers.Length;
            else if (others.Closeness == Closeness.Wide)
                wide = Math.Max(wide, difference);
            else
                approximate = Math.Max(approximate, difference);
            if (difference > others.Tolerance)
            {
                failures.Add(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{others.Name} {at} is {numbers.Numbers[at]:R} and not {others.Numbers[at]:R}"));
            }
        }

        var all = string.Join("; ", failures.OfType<string>());
        return new ComparedResult(name, same, wide, approximate, all.Length == 0 ? null : all);
    }

    /// <summary>What a problem left, or why it left nothing.</summary>
    private readonly record struct Outcome(IReadOnlyList<ComparedNumbers> Numbers, string? Failure)
    {
        public static Outcome Of(ComparedProblem problem, ComparedDevice device)
        {
            try
            {
                return new(problem.Run(device), null);
            }
#pragma warning disable CA1031 // Whatever goes wrong in one problem is what its line should say.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                return new([], exception.Message);
            }
        }
    }
}
