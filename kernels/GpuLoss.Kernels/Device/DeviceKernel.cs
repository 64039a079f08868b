using System.Globalization;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Device;

/// <summary>The launches that losses are made of.</summary>
internal enum DeviceStep
{
    /// <summary><see cref="DeviceReduce"/> or <see cref="DeviceChunkedReduce"/>.</summary>
    Reduce,

    /// <summary><see cref="DeviceScore.Loss"/>.</summary>
    ScoreLoss,

    /// <summary><see cref="DeviceScore.Gradient"/>.</summary>
    ScoreGradient,

    /// <summary><see cref="DeviceSpread"/>.</summary>
    Spread,

    /// <summary><see cref="DeviceGeneralReduce"/>.</summary>
    GeneralReduce,

    /// <summary><see cref="DeviceGeneralSpread"/>.</summary>
    GeneralSpread,

    /// <summary><see cref="DeviceSumReduce"/>.</summary>
    SumReduce,

    /// <summary><see cref="DeviceSumSpread"/>.</summary>
    SumSpread,
}

/// <summary>Which kernel does a step: everything that is compiled into it.</summary>
/// <param name="Step">The step.</param>
/// <param name="Classes">
/// C; above <see cref="DeviceKernelTable.MostExactClasses"/> the largest C that the kernel takes; or <see cref="AnyClasses"/>.
/// </param>
/// <param name="Width">Voxels per thread and turn: 1, 2, 4, or 8 for two-byte logits.</param>
/// <param name="Logits">The type of the logits.</param>
/// <param name="Squared">Whether P = Σ p².</param>
/// <param name="Transformed">Whether Score knows powers and logarithms of a ratio.</param>
/// <param name="Sigmoid">Whether the one sum of a pass is over the sigmoid.</param>
internal readonly record struct DeviceKernel(
    DeviceStep Step, int Classes, int Width, LogitsType Logits, bool Squared, bool Transformed = false, bool Sigmoid = false)
{
    /// <summary>The <see cref="Classes"/> of kernels that are told C at run time.</summary>
    public const int AnyClasses = 0;

    /// <summary>Whether the classes are taken in chunks.</summary>
    public bool IsChunked => Classes == AnyClasses && !IsScore && !IsGeneral;

    /// <summary>The threads that share the classes of a voxel.</summary>
    public int Parts => DeviceKernelTable.RowOf(this).Parts;

    /// <summary>The classes of a voxel that a thread has at a time.</summary>
    public int Leaves => IsChunked ? DeviceKernelTable.ChunkClasses : Classes / Parts;

    /// <summary>The voxels that a block has at a time.</summary>
    public int Voxels => Width * Threads / Parts;

    /// <summary>Whether the kernel takes fewer classes too.</summary>
    public bool IsPadded => Classes > DeviceKernelTable.MostExactClasses;

    /// <summary>Whether the kernel is one of the two that compute in double.</summary>
    public bool IsScore => Step is DeviceStep.ScoreLoss or DeviceStep.ScoreGradient;

    /// <summary>Whether the kernel is one of the two of a general pass.</summary>
    public bool IsGeneral => Step is DeviceStep.GeneralReduce or DeviceStep.GeneralSpread;

    /// <summary>Whether the kernel is one of the two of a pass with one sum.</summary>
    public bool IsSum => Step is DeviceStep.SumReduce or DeviceStep.SumSpread;

    /// <summary>Whether the kernel leaves sums.</summary>
    public bool IsReduce => Step is DeviceStep.Reduce or DeviceStep.GeneralReduce or DeviceStep.SumReduce;

    /// <summary>The kernel of one of the two steps of a general pass.</summary>
    /// <param name="step"><see cref="DeviceStep.GeneralReduce"/> or <see cref="DeviceStep.GeneralSpread"/>.</param>
    /// <param name="logits">The type of the logits.</param>
    public static DeviceKernel General(DeviceStep step, LogitsType logits) => new(step, AnyClasses, 1, logits, Squared: false);

    /// <summary>The kernel of one of the two Score steps, the same for all sizes and types.</summary>
    /// <param name="step"><see cref="DeviceStep.ScoreLoss"/> or <see cref="DeviceStep.ScoreGradient"/>.</param>
    /// <param name="transformed">Whether the overlap term <see cref="OverlapTerm.IsTransformed"/>.</param>
    public static DeviceKernel Score(DeviceStep step, bool transformed) =>
        new(step, AnyClasses, 1, LogitsType.Float32, Squared: false, transformed);

    /// <summary>The parameters in words: a file name.</summary>
    public string Name => IsScore
        ? $"{Step}{(Transformed ? "-transformed" : "")}"
        : $"{Step}-{NameOfClasses}-classes-{Logits}-{Width}-wide{(Squared ? "-squared" : "")}{(Sigmoid ? "-sigmoid" : "")}";

    private string NameOfClasses => Classes == AnyClasses ? "any" : string.Create(
        CultureInfo.InvariantCulture, $"{(IsPadded || IsSum ? "up-to-" : "")}{Classes}");

    /// <summary>The threads of a block.</summary>
    public int Threads => DeviceKernelTable.ThreadsOf(this);

    /// <summary>The registers that a thread may take, but for the Score kernels.</summary>
    public int RegisterBudget => DeviceKernelTable.RowOf(this).RegistersOf(Step);
}
