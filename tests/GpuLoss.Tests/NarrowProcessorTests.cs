using GpuLoss.Kernels.Host;

namespace GpuLossTests;

/// <summary>The tests of accuracy, types and layouts once more on processors that lack instructions, which .NET can be told to
/// believe.</summary>
[Collection(RunsAlone.Name)]
public class NarrowProcessorTests
{
    [Theory]
    [InlineData("DOTNET_EnableAVX512", HostRegisters.Vector256)]
    [InlineData("DOTNET_EnableAVX2", HostRegisters.Vector128)]
    [InlineData("DOTNET_EnableHWIntrinsic", HostRegisters.Vector128)]
    public Task Losses_are_as_accurate_without(string instructions, Enum widestOf)
    {
        var widest = (HostRegisters)widestOf;
        var expected = widest < HostPath.Expected ? widest : HostPath.Expected;
        return ChildProcess.RunTests(
            [nameof(AccuracyTests), nameof(TypesAndLayoutsTests), $"{nameof(Parity)}.{nameof(Parity.ParityTests)}"],
            new Dictionary<string, string> { [instructions] = "0", [HostPath.Variable] = expected.ToString() });
    }
}
