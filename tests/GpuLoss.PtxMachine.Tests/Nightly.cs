namespace GpuLoss.PtxMachine.Tests;

/// <summary>Whether there is time for every combination.</summary>
internal static class Nightly
{
    /// <summary>Set by <c>dotnet cake --target=Nightly</c>.</summary>
    public static bool IsOn => Environment.GetEnvironmentVariable("GPULOSS_NIGHTLY") == "1";
}
