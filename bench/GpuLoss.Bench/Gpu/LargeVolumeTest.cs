using GpuLoss.Interop.Cuda;
using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Objective;
using GpuLoss.Kernels.Tests;

namespace GpuLoss.Bench.Gpu;

/// <summary>
/// A volume whose logits have more elements than an int counts: one block of voxels over and over, whose statistics add up to the volume's,
/// so that float64 knows all of it. Sums have to be right to 1e-6, and the gradient in the last block of every class.
/// </summary>
internal static class LargeVolumeTest
{
    /// <summary>The repetitions with which the logits have 2^31 elements and a block more for every class.</summary>
    public const int RepetitionsBeyondInt = (1 << (31 - ClassesLog - BlockLog)) + 1;

    private const int ClassesLog = 2;
    private const int BlockLog = 18;
    private const int Classes = 1 << ClassesLog;
    private const int Block = 1 << BlockLog;
    private const double SumTolerance = 1e-6;
    private const double GradientTolerance = 5e-6;

    /// <summary>Runs it.</summary>
    /// <exception cref="CudaException">The driver refuses; the memory does not suffice, say.</exception>
    public static DeviceTestResult Run(CudaDevice device, ILossEngine engine, int repetitions)
    {
        var template = DeviceTestCase.ProblemOf(LogitsType.Float32, LabelType.UInt8, channelsLast: false, Classes, Block, squared: false);
        var pass = template.Pass with { Shape = new LogitsShape(1, Classes, (long)repetitions * Block) };
        var data = new SegmentationCase(1, Classes, Block, pass.IgnoreIndex);
        var statistics = Array.ConvertAll(data.Statistics(), value => value * repetitions);
        var (expectedLoss, expectedGradient) = DiceCEReference.Of(data, statistics);

        var upstream = Math.ScaleB(1, (int)Math.Log2(pass.Shape.Voxels));
        using var loss = new LossOnDevice(device, engine, new DeviceProblem(pass, template.Loss), data.Weights, upstream);
        var labels = ElementCodec.Encode(data.Labels, pass.Label);
        for (var i = 0; i < repetitions; i++)
        {
            loss.Labels.Upload<byte>(labels, (long)i * Block);
            for (var c = 0; c < Classes; c++)
                loss.Logits.Upload<float>(data.Logits.AsSpan(c * Block, Block), sizeof(float) * Offset(c, i, repetitions));
        }

        loss.ForwardAndBackward();
        var sums = loss.ReadStatistics();
        var sumError = statistics.Zip(sums, (expected, actual) => Math.Abs(actual - expected) / Math.Max(1, expected)).Max();
        var lossError = Math.Abs(loss.ReadLoss() - expectedLoss);
        var largest = expectedGradient.Max(Math.Abs);
        var gradientError = Enumerable.Range(0, Classes).Max(c => loss.Gradient
            .Download<float>(Block, sizeof(float) * Offset(c, repetitions - 1, repetitions))
            .Zip(expectedGradient.Skip(c * Block), (actual, expected) => Math.Abs(actual / upstream - expected)).Max()) / largest;
        var isRight = sumError <= SumTolerance && lossError <= GradientTolerance && gradientError <= GradientTolerance;
        return new DeviceTestResult(
            $"Float32, UInt8, C = {Classes}, V = {pass.Shape.Voxels}", sumError, lossError, gradientError,
            isRight ? null : "off by more than it may be");
    }

    private static long Offset(int @class, int repetition, int repetitions) => ((long)@class * repetitions + repetition) * Block;
}
