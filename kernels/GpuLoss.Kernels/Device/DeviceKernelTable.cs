using System.Reflection;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Device;

/// <summary>The four launches of a loss.</summary>
public enum DeviceStep
{
    /// <summary><see cref="DeviceReduce"/>.</summary>
    Reduce,

    /// <summary><see cref="DeviceScore.Loss"/>.</summary>
    ScoreLoss,

    /// <summary><see cref="DeviceScore.Gradient"/>.</summary>
    ScoreGradient,

    /// <summary><see cref="DeviceSpread"/>.</summary>
    Spread,
}

/// <summary>Which kernel does a step.</summary>
/// <param name="Step">The step.</param>
/// <param name="Classes">C.</param>
/// <param name="Width">Voxels per thread and turn: 1, 2 or 4.</param>
/// <param name="LongLabels">Whether labels have eight bytes instead of one.</param>
/// <param name="Squared">Whether P = Σ p².</param>
public readonly record struct DeviceKernel(DeviceStep Step, int Classes, int Width, bool LongLabels, bool Squared)
{
    /// <summary>Whether the classes are taken in chunks.</summary>
    public bool IsChunked => Classes > DeviceKernelTable.MostClassesInRegisters;

    /// <summary>The compiled method.</summary>
    public MethodInfo Method => DeviceKernelTable.MethodOf(this);
}

/// <summary>Picks kernels and grids.</summary>
public static class DeviceKernelTable
{
    /// <summary>
    /// Up to here all classes of a voxel stay in registers. With one voxel per thread 16 classes take 94 of them in Reduce and 120 in Spread (ptxas
    /// 11.8 for sm_90, nothing spilled); twice as many would leave a multiprocessor too few threads to hide the latency of memory.
    /// </summary>
    public const int MostClassesInRegisters = 16;

    /// <summary>The classes that one block of the chunked Reduce sums.</summary>
    public const int ChunkClasses = 8;

    /// <summary>Threads per block of Reduce, Spread and the first Score kernel: <see cref="DeviceReduce.MostWarps"/> warps.</summary>
    public const int Threads = 256;

    /// <summary>
    /// Blocks per sample at most: a few for each of the 132 multiprocessors of an H100. More would only make more partial rows to add.
    /// </summary>
    private const int MostBlocks = 528;

    /// <summary>
    /// The voxels per thread and turn. Four make 16-byte loads and take 60 registers in Reduce and 74 in Spread at 4 classes, 107 and 139 at 8. Beyond
    /// that two keep Spread at 128 up to 14 classes, then one. The vectors of every class have to begin at a multiple of their size.
    /// </summary>
    public static int WidthFor(LogitsShape shape, nint logits, nint gradient)
    {
        var width = shape.Classes <= 8 ? 4 : shape.Classes <= 14 ? 2 : 1;
        while (width > 1 && (shape.Voxels % width != 0 || (logits | gradient) % (width * sizeof(float)) != 0))
            width /= 2;
        return width;
    }

    /// <summary>The blocks per sample of Reduce and Spread.</summary>
    public static int BlocksFor(LogitsShape shape, int width) =>
        (int)Math.Clamp((shape.Voxels / width + Threads - 1) / Threads, 1, MostBlocks);

    /// <summary>The blocks of Reduce along z: the chunks of classes.</summary>
    public static int ChunksFor(DeviceKernel kernel) =>
        kernel is { Step: DeviceStep.Reduce, IsChunked: true } ? (kernel.Classes + ChunkClasses - 1) / ChunkClasses : 1;

    /// <summary>The method of a kernel, with its type arguments.</summary>
    internal static MethodInfo MethodOf(DeviceKernel kernel)
    {
        var (element, labels) = kernel.LongLabels ? (typeof(long), typeof(DeviceLongLabels)) : (typeof(byte), typeof(DeviceByteLabels));
        var power = kernel.Squared ? typeof(SquaredProbability) : typeof(PlainProbability);
        var vector = kernel.Width switch
        {
            1 => typeof(OneVoxel),
            2 => typeof(VoxelPair<OneVoxel>),
            4 => typeof(VoxelPair<VoxelPair<OneVoxel>>),
            _ => throw new ArgumentOutOfRangeException(nameof(kernel), kernel.Width, "The width is 1, 2 or 4."),
        };
        return kernel.Step switch
        {
            DeviceStep.ScoreLoss => Method(typeof(DeviceScore), nameof(DeviceScore.Loss)),
            DeviceStep.ScoreGradient => Method(typeof(DeviceScore), nameof(DeviceScore.Gradient)),
            DeviceStep.Reduce when kernel.IsChunked =>
                Method(typeof(DeviceReduce), nameof(DeviceReduce.Chunk), Tree(typeof(OneVoxel), ChunkClasses), element, labels, power),
            DeviceStep.Reduce =>
                Method(typeof(DeviceReduce), nameof(DeviceReduce.Whole), vector, Tree(vector, kernel.Classes), element, labels, power),
            DeviceStep.Spread when kernel.IsChunked => Method(typeof(DeviceSpread), nameof(DeviceSpread.Chunk), element, labels),
            _ => Method(typeof(DeviceSpread), nameof(DeviceSpread.Whole), vector, Tree(vector, kernel.Classes), element, labels),
        };
    }

    private static MethodInfo Method(Type type, string name, params Type[] arguments)
    {
        var method = type.GetMethod(name)!;
        return arguments.Length == 0 ? method : method.MakeGenericMethod(arguments);
    }

    /// <summary>The balanced tree of a number of classes.</summary>
    private static Type Tree(Type vector, int classes) => classes == 1
        ? typeof(ClassLeaf<>).MakeGenericType(vector)
        : typeof(ClassNode<,,>).MakeGenericType(vector, Tree(vector, (classes + 1) / 2), Tree(vector, classes / 2));
}
