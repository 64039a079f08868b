using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;
using GpuLoss.Kernels.Tests.Device;

namespace GpuLoss.PtxMachine.Tests;

/// <summary>A pass of any plan, and what a GPU may do with it.</summary>
/// <param name="Classes">C.</param>
/// <param name="Activation">Of the first sum; those of the next ones are the next.</param>
/// <param name="Overlap">Likewise.</param>
/// <param name="Sums">How many there are.</param>
/// <param name="Gamma">That of focal loss, or 0.</param>
/// <param name="Target">The kind of the target.</param>
/// <param name="Label">The type of labels.</param>
/// <param name="Mask">The kind of the weights of voxels.</param>
/// <param name="Type">The type of the logits.</param>
/// <param name="ValuesOf">Unreduced values: 0 for none, 1 for those of voxels, 2 for those of voxels and classes.</param>
/// <param name="Error">How the hardware's approximations err.</param>
internal sealed record PlanCombination(
    int Classes, Activation Activation, OverlapSums Overlap, int Sums, double Gamma, TargetKind Target, LabelType Label, MaskKind Mask,
    LogitsType Type, int ValuesOf, ApproximationError Error)
{
    private const int ManyClasses = 19;
    private const int Candidates = 600;

    private static readonly ApproximationError[] Errors = Enum.GetValues<ApproximationError>();

    /// <summary>Combinations to choose from.</summary>
    public static IReadOnlyList<PlanCombination> All { get; } = Draw();

    private bool HasVoxelTerm => Plan().Any(sum => sum.Definition.HasVoxelTerm != 0);

    /// <summary>Its tensors. Those of one sum may be read four voxels at a time.</summary>
    public DevicePlanCase Case()
    {
        var plan = Plan();
        var valueSum = ValuesOf == 0 ? DeviceVolume.NoValues : Array.FindLastIndex(plan, sum => sum.Definition.HasVoxelTerm != 0);
        return new DevicePlanCase(Classes, Sums == 1 ? 68 : 67, Type, Target, Label, Mask, plan, valueSum, ValuesOf > 1);
    }

    private static List<PlanCombination> Draw()
    {
        var random = new Random(6);
        T Any<T>(params ReadOnlySpan<T> values) => values[random.Next(values.Length)];
        return [.. Enumerable.Range(0, Candidates).Select(_ => new PlanCombination(
            Any(1, 2, 3, 5, ManyClasses), Any(Enum.GetValues<Activation>()), Any(Enum.GetValues<OverlapSums>()), Any(1, 2, 3),
            Any(0, 0.5, 2),
            Any(TargetKind.Labels, TargetKind.Float32, TargetKind.UInt8, TargetKind.Float16, TargetKind.BFloat16),
            Any(Enum.GetValues<LabelType>()), Any(MaskKind.None, MaskKind.Float32, MaskKind.UInt8, MaskKind.Bool),
            Any(LogitsType.Float32, LogitsType.Float16, LogitsType.BFloat16),
            Any(0, 1, 2),
            Any(Errors))).Where(one => one.ValuesOf == 0 || one.HasVoxelTerm)];
    }

    private PlanSum[] Plan() => [.. Enumerable.Range(0, Sums).Select(row =>
    {
        var activation = (Activation)(((int)Activation + row) % 5);
        return new PlanSum(
            new SumDefinition
            {
                Activation = activation,
                Overlap = (OverlapSums)(((int)Overlap + row) % 4),
                HasVoxelTerm = activation is Activation.Softmax or Activation.Sigmoid ? 1 : 0,
                Gamma = Gamma,
                LabelSmoothing = row % 2 == 0 ? 0.125 : 0,
            },
            [.. Enumerable.Range(0, Classes).Select(c => 0.5 + c % 4 / 4.0)],
            [.. Enumerable.Range(0, Classes).Select(c => 1 - c % 3 / 4.0)]);
    })];
}
