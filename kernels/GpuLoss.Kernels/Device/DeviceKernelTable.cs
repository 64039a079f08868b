using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Device;

/// <summary>One row of the table: how many voxels a thread takes, in blocks of how many threads, and how many blocks share a
/// multiprocessor.</summary>
/// <param name="MostClasses">The largest C of the row.</param>
/// <param name="Width">Voxels per thread and turn.</param>
/// <param name="Threads">Threads per block.</param>
/// <param name="ReduceBlocks">Blocks of Reduce that a multiprocessor holds at a time.</param>
/// <param name="SpreadBlocks">Blocks of Spread that a multiprocessor holds at a time.</param>
/// <param name="Parts">The threads that share the classes of a voxel.</param>
internal readonly record struct DeviceKernelRow(int MostClasses, int Width, int Threads, int ReduceBlocks, int SpreadBlocks, int Parts = 1)
{
    private const int RegistersOfMultiprocessor = 65536;

    /// <summary>Those of a thread at most.</summary>
    private const int MostRegisters = 255;

    /// <summary>Registers are given to threads by eights.</summary>
    private const int RegisterUnit = 8;

    /// <summary>Blocks of a step that a multiprocessor holds at a time.</summary>
    public int BlocksOf(DeviceStep step) =>
        step == DeviceStep.Reduce ? ReduceBlocks : SpreadBlocks;

    /// <summary>The registers that a thread may have for that.</summary>
    public int RegistersOf(DeviceStep step) => Math.Min(
        MostRegisters, RegistersOfMultiprocessor / (Threads * BlocksOf(step)) / RegisterUnit * RegisterUnit);
}

/// <summary>Picks kernels and grids.</summary>
/// <remarks>
/// <para>What the rows weigh: a thread should load 16 bytes at a time, so four float32 or eight 16-bit voxels; all classes of its voxels
/// live in registers, so width times C is bounded; and a multiprocessor should have 16 to 64 KB of loads under way: at 3 TB/s and 0.7 µs an
/// H100 has
/// 2 MB under way, 16 KB in each of its 132 multiprocessors.</para>
/// <para>Up to 4 classes that is no question. Up to 8, four voxels take 96 registers in Reduce and 127 in Spread, so blocks become smaller
/// to fit four of them. Up to 16, two voxels take 92 and 167; one voxel would save registers that are not needed and cost a third more
/// instructions. Up to 32, one voxel takes 104 and 168, and its loads, 4 bytes for each of so many classes, are enough. Halves have half
/// the bytes: eight voxels up to 4 classes, and from there as many voxels as float32. Beyond 32 the warps of a block share the classes of
/// its voxels, 24 or 32 each, until the columns of all classes take most of the 48 KB of shared memory that every device gives.</para>
/// <para>What is a type and what is a branch: C, the vector, the activation, the formulas of the voxel term and whether P and T sum squares
/// are types, since they are in every class of every voxel. The types of labels, targets and weights are numbers that all threads share:
/// one branch for a voxel. Label smoothing is in the factors of the classes. Class indices under the softmax have a form of their own,
/// because I, T and the cross-entropy then need one class of a voxel and not all: a Reduce for any target takes 1.3 times its instructions
/// at C = 2, 1.4 times at C = 4 and 2.4 times at C = 32, a Spread 1.1 to 1.2 times. The values of voxels are one branch too; they have all
/// digits of their logarithms, which the form for class indices has not. Several sums, values of each class, distances, absolute overlaps,
/// given probabilities and more classes than there are registers for go to the kernels that read the plan as they run, and the logits twice
/// or more.</para>
/// <para>The assembler is told the blocks per multiprocessor, and a test holds it to the registers that follow, with nothing spilled.
/// Nothing here has been tuned on a GPU.</para>
/// </remarks>
internal static class DeviceKernelTable
{
    /// <summary>Up to here every C has kernels of its own, in which it is a constant.</summary>
    public const int MostExactClasses = 16;

    /// <summary>Threads of the first Score kernel: a warp for each of a few columns of statistics.</summary>
    private const int ScoreLossThreads = 256;

    /// <summary>Threads of the second Score kernel: a warp.</summary>
    private const int ScoreGradientThreads = 32;

    /// <summary>Blocks of a sample at least, where the volume has as many: a large batch must not leave multiprocessors idle at its
    /// end.</summary>
    private const int LeastBlocks = 8;

    /// <summary>Bytes of partial sums at most, where C is so large that it matters. At C = 32 they are 0.6 MB.</summary>
    private const int MostPartialBytes = 4 << 20;

    private const int LargestLoad = 16;

    private static readonly DeviceKernelRow[] FloatRows = [new(4, 4, 256, 4, 4), new(8, 4, 128, 4, 4), new(16, 2, 128, 5, 3)];

    private static readonly DeviceKernelRow[] HalfRows = [new(4, 8, 128, 4, 4), new(8, 4, 128, 4, 4), new(16, 2, 128, 5, 3)];

    /// <summary>One voxel per thread: for odd volumes, for voxels that are not neighbours in memory, and for many classes.</summary>
    private static readonly DeviceKernelRow[] NarrowRows =
    [
        new(4, 1, 256, 6, 6), new(8, 1, 256, 4, 4), new(16, 1, 128, 5, 5), new(24, 1, 128, 4, 3), new(32, 1, 128, 4, 3),
        new(48, 1, 64, 8, 8, Parts: 2),
        new(64, 1, 64, 8, 8, Parts: 2), new(96, 1, 96, 5, 5, Parts: 3), new(120, 1, 160, 3, 3, Parts: 5), new(144, 1, 192, 2, 3, Parts: 6),
    ];

    /// <summary>
    /// Of the kernels for any target, where a thread has up to seven numbers of a class. Two blocks of a multiprocessor are few, but each
    /// of their threads has the loads of 16 classes under way, of logits and of targets.
    /// </summary>
    private static readonly DeviceKernelRow[] ExactSumRows =
    [
        new(2, 4, 128, 5, 5), new(4, 4, 128, 4, 3), new(8, 2, 128, 3, 3), new(12, 1, 128, 3, 3), new(MostExactClasses, 1, 128, 2, 2),
    ];

    /// <summary>Likewise, of those that take fewer classes too.</summary>
    private static readonly DeviceKernelRow[] SumRows =
    [
        new(4, 1, 128, 6, 6), new(8, 1, 128, 4, 4), new(32, 1, 64, 4, 4, Parts: 2), new(48, 1, 96, 2, 2, Parts: 3),
        new(64, 1, 128, 2, 2, Parts: 4), new(96, 1, 192, 1, 1, Parts: 6), new(128, 1, 256, 1, 1, Parts: 8),
        new(144, 1, 384, 1, 1, Parts: 12),
    ];

    private static readonly DeviceKernelRow LoopRow = new(int.MaxValue, 1, DeviceLoopReduce.MostThreads, 6, 8);

    /// <summary>The largest C of the kernels for class indices that take fewer classes too.</summary>
    internal static IReadOnlyList<int> PaddedClasses { get; } =
        [.. NarrowRows.Select(row => row.MostClasses).Where(classes => classes > MostExactClasses)];

    /// <summary>The largest C of the kernels for any target.</summary>
    internal static IReadOnlyList<int> SumClasses { get; } = [.. SumRows.Select(row => row.MostClasses)];

    /// <summary>What a pass is to the kernels.</summary>
    /// <param name="volume">Types and sizes.</param>
    /// <param name="sum">The first row of the plan.</param>
    public static DeviceForm FormOf(DeviceVolume volume, SumDefinition sum)
    {
        if (volume.Sums > 1 || volume.ValuesPerClass != 0 || sum is { Distances: not 0 } or { Overlap: OverlapSums.Absolute })
            return DeviceForm.Loop;
        if (sum is { Activation: Activation.Softmax, LabelSmoothing: 0, Poly: 0 }
            && volume is { TargetKind: (int)TargetKind.Labels, MaskKind: (int)MaskKind.None, HasValues: false })
        {
            return volume.Classes <= MostClassesOf(DeviceForm.Labels) ? DeviceForm.Labels : DeviceForm.Loop;
        }

        return volume.Classes > MostClassesOf(DeviceForm.Softmax) ? DeviceForm.Loop : sum.Activation switch
        {
            Activation.Softmax => DeviceForm.Softmax,
            Activation.Sigmoid => DeviceForm.Sigmoid,
            _ => DeviceForm.Loop,
        };
    }

    /// <summary>The formulas that a sum needs.</summary>
    public static DeviceTerm TermOf(SumDefinition sum) => sum switch
    {
        { HasVoxelTerm: 0 } => DeviceTerm.None,
        { IsLogarithm: true } => DeviceTerm.Logarithm,
        { Gamma: 2, Poly: 0 } => DeviceTerm.Square,
        _ => DeviceTerm.Power,
    };

    /// <summary>The kernel that fits the tensors of a launch: the wide one where every vector begins at a multiple of its size.</summary>
    /// <param name="step">Reduce or Spread.</param>
    /// <param name="volume">The sizes and strides in single voxels.</param>
    /// <param name="sum">The first row of the plan.</param>
    /// <param name="type">The type of the logits.</param>
    /// <param name="logits">The address of the logits and that of the gradient, any bit of either.</param>
    /// <param name="target">The address of the target.</param>
    /// <param name="mask">That of the voxel weights.</param>
    /// <param name="values">That of the values, or of their derivatives.</param>
    public static DeviceKernel Pick(
        DeviceStep step, DeviceVolume volume, SumDefinition sum, LogitsType type, nint logits, nint target, nint mask, nint values) =>
        Candidates(step, volume, sum, type).First(kernel => kernel.Width == 1 || (volume.Allows(kernel.Width, step)
            && logits % (kernel.Width * ElementTypes.SizeOf(type)) == 0
            && target % Math.Min(LargestLoad, kernel.Width * volume.TargetBytes) == 0
            && (volume.MaskKind == (int)MaskKind.None || mask % (kernel.Width * volume.MaskBytes) == 0)
            && (!volume.HasValues || values % Math.Min(LargestLoad, kernel.Width * sizeof(float)) == 0)));

    /// <summary>The kernels of a pass, the widest first; the last one takes tensors at any addresses.</summary>
    /// <param name="step">Reduce or Spread.</param>
    /// <param name="volume">The sizes and types.</param>
    /// <param name="sum">The first row of the plan.</param>
    /// <param name="type">The type of the logits.</param>
    internal static IEnumerable<DeviceKernel> Candidates(DeviceStep step, DeviceVolume volume, SumDefinition sum, LogitsType type)
    {
        var form = FormOf(volume, sum);
        var squared = form != DeviceForm.Loop && step == DeviceStep.Reduce && sum.Overlap == OverlapSums.Squared;
        var term = form is DeviceForm.Softmax or DeviceForm.Sigmoid ? TermOf(sum) : DeviceTerm.Told;
        return Candidates(new DeviceKernel(step, form, DeviceKernel.AnyClasses, 1, type, term, squared), volume.Classes);
    }

    /// <summary>The kernels like one for a number of classes.</summary>
    internal static IEnumerable<DeviceKernel> Candidates(DeviceKernel like, int classes)
    {
        if (like.Form == DeviceForm.Loop)
            return [like];
        if (classes > MostExactClasses)
            return [like with { Classes = (like.Form == DeviceForm.Labels ? PaddedClasses : SumClasses).First(most => classes <= most) }];
        var exact = like with { Classes = classes };
        if (like.Form == DeviceForm.Labels)
            return [exact with { Width = WideRow(like.Logits, classes).Width }, exact];
        var width = ExactSumRows.First(row => classes <= row.MostClasses).Width;
        return width == 1 ? [exact] : [exact with { Width = width }, exact with { Classes = SumClasses.First(most => classes <= most) }];
    }

    /// <summary>The row of a Reduce or Spread kernel.</summary>
    public static DeviceKernelRow RowOf(DeviceKernel kernel) => kernel switch
    {
        { IsScore: true } => new DeviceKernelRow(int.MaxValue, 1, ThreadsOf(kernel), 1, 1),
        { Form: DeviceForm.Loop } => LoopRow,
        { Form: DeviceForm.Softmax or DeviceForm.Sigmoid } =>
            (kernel.IsPadded ? SumRows : ExactSumRows).First(row => kernel.Classes <= row.MostClasses),
        { Width: 1 } => NarrowRows.First(row => kernel.Classes <= row.MostClasses),
        _ => WideRow(kernel.Logits, kernel.Classes),
    };

    /// <summary>The threads of a block.</summary>
    public static int ThreadsOf(DeviceKernel kernel) => kernel.Step switch
    {
        DeviceStep.ScoreLoss => ScoreLossThreads,
        DeviceStep.ScoreGradient => ScoreGradientThreads,
        _ => RowOf(kernel).Threads,
    };

    /// <summary>The blocks per sample of Reduce and Spread.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="shape">The sizes.</param>
    /// <param name="sums">The rows of the plan.</param>
    /// <param name="multiprocessors">Those of the device.</param>
    public static int BlocksFor(DeviceKernel kernel, LogitsShape shape, int sums, int multiprocessors)
    {
        var most = multiprocessors * RowOf(kernel).BlocksOf(kernel.Step);
        if (kernel.IsReduce)
            most = Math.Min(most, MostPartialBytes / (sizeof(double) * sums * new StatisticsLayout(shape.Classes).Stride));
        return BlocksFor(shape, kernel.Voxels, most);
    }

    /// <summary>
    /// As many blocks of a sample as fit at a time, or as few as take the same number of turns: an equal share of the voxels for each.
    /// </summary>
    private static int BlocksFor(LogitsShape shape, long voxelsOfTurn, int most)
    {
        var turns = (shape.Voxels + voxelsOfTurn - 1) / voxelsOfTurn;
        most = Math.Max(LeastBlocks, most / shape.Samples);
        var turnsOfBlock = (turns + most - 1) / most;
        return (int)((turns + turnsOfBlock - 1) / turnsOfBlock);
    }

    /// <summary>The most classes that the kernels of a form take, 1 where they take any.</summary>
    internal static int MostClassesOf(DeviceForm form) => form switch
    {
        DeviceForm.Labels => PaddedClasses[^1],
        DeviceForm.Loop => 1,
        _ => SumClasses[^1],
    };

    /// <summary>The widest kernel of a type and C, up to <see cref="MostExactClasses"/>.</summary>
    private static DeviceKernelRow WideRow(LogitsType type, int classes) =>
        (type == LogitsType.Float32 ? FloatRows : HalfRows).First(row => classes <= row.MostClasses);
}
