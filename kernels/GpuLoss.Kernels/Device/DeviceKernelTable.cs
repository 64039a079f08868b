using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Device;

/// <summary>One row of the table: how many voxels a thread takes, in blocks of how many threads, and the registers that may take.</summary>
/// <param name="MostClasses">The largest C of the row.</param>
/// <param name="Width">Voxels per thread and turn.</param>
/// <param name="Threads">Threads per block.</param>
/// <param name="ReduceRegisters">Registers of a thread of Reduce, at most.</param>
/// <param name="SpreadRegisters">Registers of a thread of Spread, at most.</param>
public readonly record struct DeviceKernelRow(int MostClasses, int Width, int Threads, int ReduceRegisters, int SpreadRegisters);

/// <summary>Picks kernels and grids.</summary>
public static class DeviceKernelTable
{
    /// <summary>
    /// Up to here all classes of a voxel stay in registers. Twice as many would leave a multiprocessor too few threads to hide the latency of memory.
    /// </summary>
    public const int MostClassesInRegisters = 16;

    /// <summary>The classes that the chunked kernels hold at a time.</summary>
    public const int ChunkClasses = 8;

    /// <summary>Threads of the first Score kernel: a warp for each of a few columns of statistics.</summary>
    private const int ScoreLossThreads = 256;

    /// <summary>Threads of the second Score kernel: a warp.</summary>
    private const int ScoreGradientThreads = 32;

    /// <summary>
    /// Blocks of a launch at most: four for each of the 132 multiprocessors of an H100. More would only make more partial sums to add, and more
    /// memory: 8·(3·C + 2) bytes a block, 0.4 MB at C = 32.
    /// </summary>
    private const int MostBlocks = 528;

    /// <summary>Blocks of a sample at least, where the volume has as many: a large batch must not leave multiprocessors idle at its end.</summary>
    private const int LeastBlocks = 8;

    private static readonly DeviceKernelRow[] FloatRows =
    [
        new(8, 4, 256, 128, 168),
        new(16, 2, 128, 168, 200),
    ];

    private static readonly DeviceKernelRow[] HalfRows =
    [
        new(4, 8, 256, 128, 168),
        new(8, 4, 256, 128, 168),
        new(16, 2, 128, 168, 200),
    ];

    /// <summary>One voxel per thread: for odd volumes and for voxels that are not neighbours in memory.</summary>
    private static readonly DeviceKernelRow NarrowRow = new(MostClassesInRegisters, 1, 128, 128, 128);

    private static readonly DeviceKernelRow ChunkedRow = new(int.MaxValue, 1, DeviceChunkedReduce.MostThreads, 96, 96);

    /// <summary>The row of a Reduce or Spread kernel.</summary>
    public static DeviceKernelRow RowOf(DeviceKernel kernel) =>
        kernel.IsChunked ? ChunkedRow : kernel.Width == 1 ? NarrowRow : WideRow(kernel.Logits, kernel.Classes);

    /// <summary>The threads of a block.</summary>
    public static int ThreadsOf(DeviceKernel kernel) => kernel.Step switch
    {
        DeviceStep.ScoreLoss => ScoreLossThreads,
        DeviceStep.ScoreGradient => ScoreGradientThreads,
        _ => RowOf(kernel).Threads,
    };

    /// <summary>The kernel that fits the tensors of a launch: the wide one where every vector begins at a multiple of its size.</summary>
    /// <param name="step">Reduce or Spread.</param>
    /// <param name="volume">The sizes and strides in single voxels.</param>
    /// <param name="type">The type of the logits.</param>
    /// <param name="squared">Whether P = Σ p².</param>
    /// <param name="logits">The address of the logits.</param>
    /// <param name="labels">The address of the labels.</param>
    /// <param name="gradient">The address of the gradient; in Reduce, the logits'.</param>
    public static DeviceKernel Pick(
        DeviceStep step, DeviceVolume volume, LogitsType type, bool squared, nint logits, nint labels, nint gradient)
    {
        var ofSum = step == DeviceStep.Reduce && squared;
        if (volume.Classes > MostClassesInRegisters)
            return new DeviceKernel(step, DeviceKernel.AnyClasses, 1, type, ofSum);
        var width = WideRow(type, volume.Classes).Width;
        var fits = volume.Vectors % width == 0 && volume.Logits.Allow(width) && volume.Labels.Allow(width)
            && (logits | gradient) % (width * ElementTypes.SizeOf(type)) == 0
            && labels % Math.Min(LargestLoad, width * ElementTypes.SizeOf((LabelType)volume.LabelType)) == 0
            && (step == DeviceStep.Reduce || volume.Gradient.Allow(width));
        return new DeviceKernel(step, volume.Classes, fits ? width : 1, type, ofSum);
    }

    /// <summary>The blocks per sample of Reduce and Spread.</summary>
    public static int BlocksFor(DeviceKernel kernel, LogitsShape shape)
    {
        var perBlock = (long)kernel.Width * kernel.Threads;
        return (int)Math.Clamp((shape.Voxels + perBlock - 1) / perBlock, 1, Math.Max(LeastBlocks, MostBlocks / shape.Samples));
    }

    /// <summary>The float64 partial sums that Reduce leaves at most, whatever kernel does it.</summary>
    public static long PartialsFor(LogitsShape shape)
    {
        var narrow = new DeviceKernel(
            DeviceStep.Reduce, shape.Classes > MostClassesInRegisters ? DeviceKernel.AnyClasses : shape.Classes, 1, LogitsType.Float32, false);
        return (long)shape.Samples * new StatisticsLayout(shape.Classes).Stride * BlocksFor(narrow, shape);
    }

    /// <summary>The widest kernel of a type and C.</summary>
    internal static DeviceKernelRow WideRow(LogitsType type, int classes) =>
        (type == LogitsType.Float32 ? FloatRows : HalfRows).First(row => classes <= row.MostClasses);

    private const int LargestLoad = 16;
}
