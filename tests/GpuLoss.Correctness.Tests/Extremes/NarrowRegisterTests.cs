namespace GpuLossTests;

/// <summary>The tests of numbers once more on processors that lack instructions, which .NET can be told to believe.</summary>
public class NarrowRegisterTests
{
    /// <summary>Which instructions they lack.</summary>
    public static string[] Without { get; } = ["DOTNET_EnableAVX512", "DOTNET_EnableHWIntrinsic"];

    /// <summary>The same, as rows of a theory.</summary>
    public static TheoryData<string> Rows => [.. Without];

    /// <summary>The tests of numbers.</summary>
    internal static string[] Classes { get; } = [nameof(EqualityTests), nameof(ConstantVolumeTests), nameof(ExtremeValueTests)];

    [Theory]
    [MemberData(nameof(Rows))]
    public Task Losses_are_as_exact_without(string instructions) => RegisterWidths.Run(instructions);
}
