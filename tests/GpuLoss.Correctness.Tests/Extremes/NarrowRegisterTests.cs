using GpuLoss.Kernels.Host;

namespace GpuLossTests;

/// <summary>The tests of numbers once more on processors that lack instructions, which .NET can be told to believe.</summary>
public class NarrowRegisterTests
{
    [Theory]
    [InlineData("DOTNET_EnableAVX512", HostRegisters.Vector256)]
    [InlineData("DOTNET_EnableHWIntrinsic", HostRegisters.Vector128)]
    public Task Losses_are_as_exact_without(string instructions, HostRegisters widest)
    {
        var expected = widest < HostPath.Expected ? widest : HostPath.Expected;
        return ChildProcess.RunTests(
            [nameof(EqualityTests), nameof(ConstantVolumeTests), nameof(ExtremeValueTests)],
            new Dictionary<string, string> { [instructions] = "0", [HostPath.Variable] = expected.ToString() });
    }
}
