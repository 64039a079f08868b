using System.Globalization;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Device;

/// <summary>The launches that losses are made of.</summary>
internal enum DeviceStep
{
    /// <summary>The sums over the voxels.</summary>
    Reduce,

    /// <summary><see cref="DeviceScore.Loss"/>.</summary>
    ScoreLoss,

    /// <summary><see cref="DeviceScore.Gradient"/>.</summary>
    ScoreGradient,

    /// <summary>The gradient.</summary>
    Spread,
}

/// <summary>What of a pass is compiled into its kernels.</summary>
internal enum DeviceForm
{
    /// <summary>One sum over the softmax with class indices, in vectors of voxels: <see cref="DeviceReduce"/>,
    /// <see cref="DeviceSpread"/>.</summary>
    Labels,

    /// <summary>One sum over the softmax with any target, voxel weights and voxel term: <see cref="DeviceSumReduce"/>,
    /// <see cref="DeviceSumSpread"/>.</summary>
    Softmax,

    /// <summary>The same over the sigmoid.</summary>
    Sigmoid,

    /// <summary>Any plan, any number of classes: <see cref="DeviceLoopReduce"/>, <see cref="DeviceLoopSpread"/>.</summary>
    Loop,
}

/// <summary>Which formulas of the voxel term are compiled into the kernels for any target.</summary>
internal enum DeviceTerm
{
    /// <summary>The plan says it as the kernel runs.</summary>
    Told,

    /// <summary><see cref="NoTerm"/>.</summary>
    None,

    /// <summary><see cref="LogarithmTerm"/>.</summary>
    Logarithm,

    /// <summary><see cref="SquareTerm"/>.</summary>
    Square,

    /// <summary><see cref="PowerTerm"/>.</summary>
    Power,
}

/// <summary>Which kernel does a step: everything that is compiled into it.</summary>
/// <param name="Step">The step.</param>
/// <param name="Form">What the pass is.</param>
/// <param name="Classes">C, or the largest C that the kernel takes, or <see cref="AnyClasses"/>.</param>
/// <param name="Width">Voxels per thread and turn: 1, 2, 4, or 8 for two-byte logits.</param>
/// <param name="Logits">The type of the logits.</param>
/// <param name="Term">What the voxel term is.</param>
/// <param name="Squared">Whether P and T sum squares.</param>
/// <param name="Transformed">Whether Score knows powers and logarithms of a ratio.</param>
internal readonly record struct DeviceKernel(
    DeviceStep Step, DeviceForm Form, int Classes, int Width, LogitsType Logits, DeviceTerm Term = DeviceTerm.Told, bool Squared = false,
    bool Transformed = false)
{
    /// <summary>The <see cref="Classes"/> of kernels that are told C at run time.</summary>
    public const int AnyClasses = 0;

    /// <summary>The threads that share the classes of a voxel.</summary>
    public int Parts => DeviceKernelTable.RowOf(this).Parts;

    /// <summary>The classes of a voxel that a thread has.</summary>
    public int Leaves => Classes / Parts;

    /// <summary>The voxels that a block has at a time.</summary>
    public int Voxels => Width * Threads / Parts * (Form == DeviceForm.Loop && IsReduce ? DeviceLoopReduce.Run : 1);

    /// <summary>Whether the kernel takes fewer classes too.</summary>
    public bool IsPadded => Classes > DeviceKernelTable.MostExactClasses
        || (Form is DeviceForm.Softmax or DeviceForm.Sigmoid && Width == 1 && DeviceKernelTable.SumClasses.Contains(Classes));

    /// <summary>Whether the kernel is one of the two that compute in double.</summary>
    public bool IsScore => Step is DeviceStep.ScoreLoss or DeviceStep.ScoreGradient;

    /// <summary>Whether the kernel leaves sums.</summary>
    public bool IsReduce => Step == DeviceStep.Reduce;

    /// <summary>The kernel of one of the two Score steps, the same for all sizes and types.</summary>
    /// <param name="step"><see cref="DeviceStep.ScoreLoss"/> or <see cref="DeviceStep.ScoreGradient"/>.</param>
    /// <param name="transformed">Whether the overlap term <see cref="OverlapTerm.IsTransformed"/>.</param>
    public static DeviceKernel Score(DeviceStep step, bool transformed) =>
        new(step, DeviceForm.Loop, AnyClasses, 1, LogitsType.Float32, Transformed: transformed);

    /// <summary>The parameters in words: a file name.</summary>
    public string Name => IsScore
        ? $"{Step}{(Transformed ? "-transformed" : "")}"
        : $"{Step}-{Form}-{NameOfClasses}-classes-{Logits}-{Width}-wide{(Squared ? "-squared" : "")}"
            + (Term == DeviceTerm.Told ? "" : $"-{Term}");

    private string NameOfClasses => Classes == AnyClasses ? "any" : string.Create(
        CultureInfo.InvariantCulture, $"{(IsPadded ? "up-to-" : "")}{Classes}");

    /// <summary>The threads of a block.</summary>
    public int Threads => DeviceKernelTable.ThreadsOf(this);

    /// <summary>The registers that a thread may take, but for the Score kernels.</summary>
    public int RegisterBudget => DeviceKernelTable.RowOf(this).RegistersOf(Step);
}
