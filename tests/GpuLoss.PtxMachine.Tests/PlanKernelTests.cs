using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;
using GpuLoss.Kernels.Tests.Device;

namespace GpuLoss.PtxMachine.Tests;

/// <summary>The kernels of any plan on the machine, through the library's own engine, against float64.</summary>
public class PlanKernelTests
{
    private const int ManyClasses = 19;

    /// <summary>Combinations to choose from.</summary>
    private const int Candidates = 600;

    private static readonly ApproximationError[] Errors = Enum.GetValues<ApproximationError>();

    public static TheoryData<int, Enum, Enum, int, double, Enum, Enum, Enum, Enum, int, string> Chosen
    {
        get
        {
            var rows = new TheoryData<int, Enum, Enum, int, double, Enum, Enum, Enum, Enum, int, string>();
            foreach (var one in Nightly.IsOn ? Combinations() : PairwiseCover.Of(Combinations(), one =>
                [one.Classes, one.Activation, one.Overlap, one.Sums, one.Gamma, one.Target, one.Label, one.Mask, one.Type, one.ValuesOf,
                    one.Error]))
            {
                rows.Add(
                    one.Classes, one.Activation, one.Overlap, one.Sums, one.Gamma, one.Target, one.Label, one.Mask, one.Type, one.ValuesOf,
                    one.Error.ToString());
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Chosen))]
    public void Kernels_agree_with_float64(
        int classes, Enum activationOf, Enum overlapOf, int sums, double gamma, Enum targetOf, Enum labelOf, Enum maskOf,
        Enum typeOf, int valuesOf, string error)
    {
        var activation = (Activation)activationOf;
        var overlap = (OverlapSums)overlapOf;
        var target = (TargetKind)targetOf;
        var label = (LabelType)labelOf;
        var mask = (MaskKind)maskOf;
        var type = (LogitsType)typeOf;
        var plan = Enumerable.Range(0, sums).Select(row => Sum(classes, activation, overlap, gamma, row)).ToArray();
        var valueSum = valuesOf == 0 ? DeviceVolume.NoValues : Array.FindLastIndex(plan, sum => sum.Definition.HasVoxelTerm != 0);
        var @case = new DevicePlanCase(classes, voxels: 67, type, target, label, mask, plan, valueSum, valuesOf > 1);
        var engine = new EngineOnMachine(new MachineOptions { Error = Enum.Parse<ApproximationError>(error), Fuses = sums == 2 });
        Agreement.AssertAgrees(@case, MachineRuns.Run(engine, @case));
    }

    private static List<Combination> Combinations()
    {
        var random = new Random(6);
        T Any<T>(params ReadOnlySpan<T> values) => values[random.Next(values.Length)];
        return [.. Enumerable.Range(0, Candidates).Select(_ => new Combination(
            Any(1, 2, 3, 5, ManyClasses), Any(Enum.GetValues<Activation>()), Any(Enum.GetValues<OverlapSums>()), Any(1, 2, 3),
            Any(0, 0.5, 2),
            Any(TargetKind.Labels, TargetKind.Float32, TargetKind.UInt8), Any(Enum.GetValues<LabelType>()),
            Any(MaskKind.None, MaskKind.Float32, MaskKind.UInt8), Any(LogitsType.Float32, LogitsType.Float16, LogitsType.BFloat16),
            Any(0, 1, 2),
            Any(Errors))).Where(one => one.ValuesOf == 0 || HasVoxelTerm(one))];
    }

    private static bool HasVoxelTerm(Combination one) =>
        Enumerable.Range(0, one.Sums).Any(row => Sum(1, one.Activation, one.Overlap, one.Gamma, row).Definition.HasVoxelTerm != 0);

    /// <summary>A row of a plan. The activations and sums of the rows after the first are the next ones.</summary>
    private static PlanSum Sum(int classes, Activation activation, OverlapSums overlap, double gamma, int row)
    {
        var ofRow = (Activation)(((int)activation + row) % 5);
        return new PlanSum(
            new SumDefinition
            {
                Activation = ofRow,
                Overlap = (OverlapSums)(((int)overlap + row) % 4),
                HasVoxelTerm = ofRow is Activation.Softmax or Activation.Sigmoid ? 1 : 0,
                Gamma = gamma,
                LabelSmoothing = row % 2 == 0 ? 0.125 : 0,
            },
            [.. Enumerable.Range(0, classes).Select(c => 0.5 + c % 4 / 4.0)],
            [.. Enumerable.Range(0, classes).Select(c => 1 - c % 3 / 4.0)]);
    }

    private sealed record Combination(
        int Classes, Activation Activation, OverlapSums Overlap, int Sums, double Gamma, TargetKind Target, LabelType Label, MaskKind Mask,
        LogitsType Type, int ValuesOf, ApproximationError Error);
}
