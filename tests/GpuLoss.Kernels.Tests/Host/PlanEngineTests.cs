using GpuLoss.Kernels.Host;
using GpuLoss.Kernels.Objective;
using GpuLoss.Kernels.Tests.Device;

namespace GpuLoss.Kernels.Tests.Host;

/// <summary>The passes of the host on the cases of the device's, against the same float64 reference: what one counts the other
/// counts.</summary>
public unsafe class PlanEngineTests
{
    public static TheoryData<int, Enum, Enum, int, double, Enum, Enum, Enum, Enum, int> Chosen =>
        DevicePlanTests.Chosen;

    [Theory]
    [MemberData(nameof(Chosen))]
    public void Passes_agree_with_float64_on_all_registers(
        int classes, Enum activationOf, Enum overlapOf, int sums, double gamma, Enum targetOf, Enum labelOf, Enum maskOf,
        Enum typeOf, int valuesOf)
    {
        var activation = (Activation)activationOf;
        var overlap = (OverlapSums)overlapOf;
        var target = (TargetKind)targetOf;
        var label = (LabelType)labelOf;
        var mask = (MaskKind)maskOf;
        var type = (LogitsType)typeOf;
        var @case = DevicePlanTests.CaseOf(classes, activation, overlap, sums, gamma, target, label, mask, type, valuesOf);
        var expected = new DevicePlanReference(@case);
        foreach (var registers in Enum.GetValues<HostRegisters>().Where(registers => registers <= HostEngine.WidestRegisters))
        {
            var (statistics, values, gradient) = Run(@case, registers);
            DeviceReference.AssertClose(expected.Statistics, statistics);
            DeviceReference.AssertClose(expected.Values, [.. values.Select(value => (double)value)]);
            DeviceReference.AssertGradient(@case.Rounding, expected.Gradient, gradient);
        }
    }

    [Theory]
    [InlineData(LogitsType.Float32)]
    [InlineData(LogitsType.BFloat16)]
    public void Logits_of_any_finite_size_have_their_distance_from_the_largest_on_all_registers(Enum typeOf)
    {
        var type = (LogitsType)typeOf;
        var large = new LargeLogitsCase(type);
        foreach (var registers in Enum.GetValues<HostRegisters>().Where(registers => registers <= HostEngine.WidestRegisters))
            large.AssertAgrees(Run(large.Case, registers));
    }

    private static PlanResult Run(DevicePlanCase @case, HostRegisters registers)
    {
        var logits = @case.LogitsBytes();
        var statistics = new double[@case.Sums.Count * @case.Data.Samples * new StatisticsLayout(@case.Data.Classes).Stride];
        var (values, gradient) = (new float[@case.Seeds.Length], new byte[logits.Length]);
        var team = new ThreadPoolTeam(2);
        fixed (void* x = logits, target = @case.TargetBytes(), mask = @case.MaskBytes(), ofVoxels = values, seeds = @case.Seeds,
            result = gradient)
        {
            fixed (double* plan = @case.Plan())
            {
                fixed (ClassCoefficients* coefficients = @case.Coefficients)
                {
                    var sums = new HostSum[@case.Sums.Count];
                    for (var i = 0; i < sums.Length; i++)
                        sums[i] = HostSum.Of(plan, @case.Data.Classes, i);
                    var arguments = new HostArguments
                    {
                        Shape = @case.Shape,
                        Logits = x,
                        LogitsType = @case.Type,
                        Target = target,
                        TargetKind = @case.Target,
                        LabelType = @case.Label,
                        IgnoreIndex = (int)DevicePlanCase.Ignored,
                        Mask = mask,
                        MaskKind = @case.Mask,
                        Sums = sums,
                        ValueSum = Math.Max(0, @case.ValueSum),
                        ValuesPerClass = @case.ValuesPerClass,
                    };
                    HostEngine.Reduce(arguments, team, statistics, ofVoxels, registers);
                    HostEngine.Spread(arguments, team, coefficients, seeds, result, registers);
                }
            }
        }

        return new PlanResult(statistics, values, @case.Gradient(gradient));
    }
}
