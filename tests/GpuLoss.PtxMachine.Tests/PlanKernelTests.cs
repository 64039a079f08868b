using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;
using GpuLoss.Kernels.Tests.Device;

namespace GpuLoss.PtxMachine.Tests;

/// <summary>The kernels of any plan on the machine, through the library's own engine, against float64.</summary>
public class PlanKernelTests
{
    public static TheoryData<int, Enum, Enum, int, double, Enum, Enum, Enum, Enum, int, string> Chosen
    {
        get
        {
            var rows = new TheoryData<int, Enum, Enum, int, double, Enum, Enum, Enum, Enum, int, string>();
            foreach (var one in Nightly.IsOn ? PlanCombination.All : PairwiseCover.Of(PlanCombination.All, one =>
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
        var one = new PlanCombination(
            classes, (Activation)activationOf, (OverlapSums)overlapOf, sums, gamma, (TargetKind)targetOf, (LabelType)labelOf,
            (MaskKind)maskOf, (LogitsType)typeOf, valuesOf, Enum.Parse<ApproximationError>(error));
        var @case = one.Case();
        var engine = new EngineOnMachine(new MachineOptions { Error = one.Error, Fuses = sums == 2 });
        Agreement.AssertAgrees(@case, MachineRuns.Run(engine, @case));
    }
}
