using System.Globalization;
using GpuLoss.Cli.Benchmarking;
using GpuLoss.Interop.Cuda;
using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Objective;
using GpuLoss.Kernels.Tests;

namespace GpuLoss.Bench.Gpu;

/// <summary>The times of Dice + cross-entropy on one size.</summary>
/// <param name="Case">Logits [1, C, S, S, S] with int64 labels.</param>
/// <param name="Logits">Their type.</param>
/// <param name="Bytes">What has to move: the logits three times and the labels twice.</param>
/// <param name="ExtraBytes">Memory beside inputs and gradient.</param>
/// <param name="Forward">Forward alone.</param>
/// <param name="Both">Forward and gradient.</param>
/// <param name="Copy">A device copy of the logits.</param>
internal sealed record GpuTime(
    LogitsCase Case, LogitsType Logits, long Bytes, long ExtraBytes, EventTime Forward, EventTime Both, EventTime Copy)
{
    /// <summary>What moves in a second, in GB.</summary>
    public double GigabytesPerSecond => Bytes / Both.MedianMs / 1e6;
}

/// <summary>Times the library's launches on memory that is allocated once.</summary>
internal static class GpuTimes
{
    /// <summary>Bytes of the copy whose bandwidth is the roof: beyond every cache.</summary>
    private const long RoofBytes = 1L << 30;

    private const int Rounds = 30;
    private const int RandomBlock = 1 << 22;
    private const int WarmUps = 3;
    private static readonly TimeSpan WarmUpPause = TimeSpan.FromMilliseconds(250);

    /// <summary>Few classes and many, in the level-2 cache and beyond it.</summary>
    public static IReadOnlyList<LogitsCase> Cases { get; } =
        [new(4, 32), new(4, 64), new(2, 128), new(4, 128), new(8, 128), new(14, 128), new(32, 128), new(2, 256), new(4, 256), new(14, 256),
            new(32, 256)];

    /// <summary>GB that a device copy reads and writes in a second.</summary>
    public static double CopyBandwidth(CudaDevice device)
    {
        using var from = new DeviceMemory(device, RoofBytes);
        using var to = new DeviceMemory(device, RoofBytes);
        using var timer = new EventTimer(device);
        return 2 * RoofBytes / timer.Run(Rounds, ("copy", () => from.CopyTo(to)))["copy"].MedianMs / 1e6;
    }

    /// <summary>The types of logits that are timed, as far as the engine takes them.</summary>
    public static IEnumerable<LogitsType> Types(ILossEngine engine) =>
        new[] { LogitsType.Float32, LogitsType.BFloat16 }.Where(type => engine.Takes(Problem(Cases[0], type).Pass));

    /// <summary>
    /// Runs the smallest size more often than .NET runs a method before it compiles it again with optimisation, and waits for that: the
    /// host's time is measured too.
    /// </summary>
    public static void WarmUp(CudaDevice device, ILossEngine engine)
    {
        for (var i = 0; i < WarmUps; i++)
        {
            Measure(device, engine, Cases[0], LogitsType.Float32);
            Thread.Sleep(WarmUpPause);
        }
    }

    /// <summary>Times one size.</summary>
    /// <exception cref="CudaException">The driver refuses; the memory does not suffice, say.</exception>
    public static GpuTime Measure(CudaDevice device, ILossEngine engine, LogitsCase @case, LogitsType type)
    {
        using var loss = OnDevice(device, engine, @case, type);
        using var timer = new EventTimer(device);
        var times = timer.Run(
            Rounds,
            ("forward", loss.Forward),
            ("both", loss.ForwardAndBackward),
            ("copy", () => loss.Logits.CopyTo(loss.Gradient)));
        return new GpuTime(
            @case, type, 3 * loss.Logits.Bytes + 2 * loss.Labels.Bytes, loss.ExtraBytes, times["forward"], times["both"], times["copy"]);
    }

    /// <summary>A loss with random logits and labels on the GPU.</summary>
    public static LossOnDevice OnDevice(CudaDevice device, ILossEngine engine, LogitsCase @case, LogitsType type)
    {
        var problem = Problem(@case, type);
        var loss = new LossOnDevice(device, engine, problem, [.. Enumerable.Repeat(1.0, @case.Classes)]);
        var random = new Random(1);
        Fill(loss.Logits, ElementCodec.Encode(Enumerable.Range(0, RandomBlock).Select(_ => 6 * random.NextDouble() - 3), type));
        Fill(loss.Labels, ElementCodec.Encode(
            Enumerable.Range(0, RandomBlock).Select(_ => (long)random.Next(@case.Classes)), problem.Pass.Label));
        return loss;
    }

    public static string Name(LogitsCase @case, LogitsType type) =>
        string.Create(CultureInfo.InvariantCulture, $"{@case} {type.ToString().ToLowerInvariant()}");

    private static void Fill(DeviceMemory memory, ReadOnlySpan<byte> block)
    {
        for (long offset = 0; offset < memory.Bytes; offset += block.Length)
            memory.Upload(block[..(int)Math.Min(block.Length, memory.Bytes - offset)], offset);
    }

    private static DeviceProblem Problem(LogitsCase @case, LogitsType type) => new(
        new LossProblem(
            new LogitsShape(1, @case.Classes, (long)@case.Side * @case.Side * @case.Side), type, TargetKind.Labels, LabelType.Int64,
            MaskKind.None,
            IgnoreIndex: -100, Sums: []),
        DiceCEDefinition.Loss);
}
