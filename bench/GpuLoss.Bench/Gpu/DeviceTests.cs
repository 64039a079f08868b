using GpuLoss.Interop.Cuda;
using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Bench.Gpu;

/// <summary>What one problem showed.</summary>
/// <param name="Name">The problem.</param>
/// <param name="StatisticsError">The largest difference of a statistic from float64, divided by 1 + its size.</param>
/// <param name="LossError">The difference of the loss.</param>
/// <param name="GradientError">The largest difference of an entry of the gradient, divided by the gradient's largest entry.</param>
/// <param name="Failure">What is wrong, or null.</param>
internal sealed record DeviceTestResult(string Name, double StatisticsError, double LossError, double GradientError, string? Failure);

/// <summary>
/// Every kernel the library can pick for one softmax of class indices, on the GPU, against float64: values, gradients, the same bits twice,
/// and the report of invalid labels. <see cref="TorchTests"/> try other targets, activations and weights.
/// </summary>
internal sealed class DeviceTests(CudaDevice device)
{
    /// <summary>For sums and gradients of float32 arithmetic with the hardware's exponential, whose error is 2^-22.</summary>
    private const double Tolerance = 5e-6;

    /// <summary>The hardware's logarithm is off by up to 2^-22 where it is near 0, in every voxel alike.</summary>
    private static readonly double LogarithmError = Math.ScaleB(1, -22);

    private static readonly int[] Classes =
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 20, 24, 32, 33, 64, 80, 105, 140, 150];

    /// <summary>For every width of the loads, with ends that fill no block.</summary>
    private static readonly int[] Voxels = [4104, 4110, 1031];

    /// <summary>
    /// The problems that take every kernel at least once, and every type of logits with every type of labels in every width and order;
    /// beside them focal loss in every kernel, and the confident ones of every tenth.
    /// </summary>
    public static IEnumerable<(DeviceProblem Problem, bool IsConfident)> Problems(ILossEngine engine)
    {
        var (seen, combined) = (new HashSet<DeviceKernel>(), new HashSet<(LogitsType, LabelType, bool, int)>());
        var count = 0;
        var problems =
            from logits in Enum.GetValues<LogitsType>()
            from target in Enum.GetValues<LabelType>()
            from channelsLast in (bool[])[false, true]
            from classes in Classes
            from squared in (bool[])[false, true]
            from voxels in Voxels
            select DeviceTestCase.ProblemOf(logits, target, channelsLast, classes, voxels, squared);
        foreach (var problem in problems.Where(problem => engine.Takes(problem.Pass)))
        {
            var before = seen.Count;
            var kernels = CudaLossEngine.KernelsOf(problem.Pass, problem.Loss);
            seen.UnionWith(kernels);
            if (!combined.Add((problem.Pass.Logits, problem.Pass.Label, problem.Pass.Layout is null, kernels[0].Width))
                && seen.Count == before)
                continue;
            yield return (problem, false);
            if (seen.Count > before)
                yield return (Focal(problem, gamma: 2), false);
            if (count++ % 10 != 0)
                continue;
            yield return (problem, true);
            yield return (Logarithmic(problem), false);
            yield return (Focal(problem, gamma: 0.5), true);
        }
    }

    /// <summary>Runs some problems.</summary>
    public IEnumerable<DeviceTestResult> Run(ILossEngine engine, IEnumerable<(DeviceProblem Problem, bool IsConfident)> problems) =>
        problems.Select(problem => Run(engine, new DeviceTestCase(problem.Problem, problem.IsConfident)));

    private static DeviceProblem Focal(DeviceProblem problem, double gamma) => problem.With(problem.Loss with { FocalGamma = gamma });

    /// <summary>The Score kernels that know powers and logarithms.</summary>
    private static DeviceProblem Logarithmic(DeviceProblem problem) => problem.With(problem.Loss with
    {
        Overlap = problem.Loss.Overlap with { Measure = OverlapMeasure.NegativeLogarithm, Exponent = 0.3 },
    });

    private static double Error(double[] expected, double[] actual, Func<int, double> scale)
    {
        var error = 0.0;
        for (var i = 0; i < expected.Length; i++)
        {
            var difference = Math.Abs(expected[i] - actual[i]) / scale(i);
            error = difference <= error ? error : difference; // NaN is larger than anything
        }

        return error;
    }

    /// <summary>What an error of a statistic is measured against. Where all voxels are classified well, the logarithm's own error is most
    /// of it.</summary>
    private static double StatisticsScale(DeviceTestCase @case, int index)
    {
        var layout = new StatisticsLayout(@case.Data.Classes);
        var isVoxelTerm = index % layout.Stride == layout.VoxelTerm(0);
        return 1 + Math.Abs(@case.Statistics[index])
            + (isVoxelTerm ? @case.Data.Voxels * @case.Data.Weights.Max() * LogarithmError / Tolerance : 0);
    }

    private DeviceTestResult Run(ILossEngine engine, DeviceTestCase @case)
    {
        var failures = new List<string>();
        double statisticsError = double.NaN, lossError = double.NaN, gradientError = double.NaN;
        try
        {
            // Near 1, so that the gradient is no subnormal half.
            var upstream = Math.ScaleB(1, (int)Math.Log2(@case.Data.Samples * @case.Data.Voxels));
            using var loss = new LossOnDevice(device, engine, @case.Problem, @case.Data.Weights, upstream);
            loss.Logits.Upload<byte>(@case.EncodedLogits);
            loss.Labels.Upload<byte>(@case.EncodedLabels);
            var first = RunOnce(engine, loss, @case, failures);
            var second = RunOnce(engine, loss, @case, failures);
            if (!first.Gradient.AsSpan().SequenceEqual(second.Gradient) || !first.Statistics.AsSpan().SequenceEqual(second.Statistics)
                || !first.Loss.Equals(second.Loss))
            {
                failures.Add("two runs differ");
            }

            statisticsError = Error(@case.Statistics, first.Statistics, i => StatisticsScale(@case, i));
            lossError = Math.Abs(@case.Loss - first.Loss);
            var largest = @case.Gradient.Max(Math.Abs);
            gradientError = Error(
                @case.Gradient, Array.ConvertAll(@case.Decode(first.Gradient), value => value / upstream), _ => largest == 0 ? 1 : largest);
            Check(statisticsError, Tolerance, "statistics", failures);
            Check(lossError, Tolerance * @case.Loss + 2 * LogarithmError, "loss", failures);
            Check(gradientError, Tolerance + ElementCodec.Rounding(@case.Problem.Pass.Logits), "gradient", failures);
        }
        catch (CudaException exception)
        {
            failures.Add(exception.Message);
        }

        return new DeviceTestResult(
            @case.Name, statisticsError, lossError, gradientError, failures.Count == 0 ? null : string.Join("; ", failures.Distinct()));
    }

    private static (double[] Statistics, double Loss, byte[] Gradient) RunOnce(
        ILossEngine engine, LossOnDevice loss, DeviceTestCase @case, List<string> failures)
    {
        loss.Forward();
        try
        {
            engine.CheckLabels();
            if (@case.InvalidLabels > 0)
                failures.Add("invalid labels were not reported");
        }
        catch (ArgumentException exception)
        {
            if (!exception.Message.Contains($" {@case.InvalidLabels} of ", StringComparison.Ordinal))
                failures.Add(exception.Message);
        }

        loss.Backward();
        return (loss.ReadStatistics(), loss.ReadLoss(), loss.Gradient.Download<byte>((int)loss.Gradient.Bytes));
    }

    private static void Check(double error, double tolerance, string what, List<string> failures)
    {
        if (!(error <= tolerance))
            failures.Add(FormattableString.Invariant($"{what} off by {error:E1}, more than {tolerance:E1}"));
    }
}
