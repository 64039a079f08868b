namespace GpuLossTests;

/// <summary>Whether there is time: every build runs a fixed, short choice of cases; a night runs long ones, and cases that no run has
/// seen.</summary>
internal static class Nightly
{
    /// <summary>Set by <c>dotnet cake --target=Nightly</c>.</summary>
    public const string Variable = "GPULOSS_NIGHTLY";

    public static bool IsOn => Environment.GetEnvironmentVariable(Variable) == "1";

    /// <summary>One number for every build and another for the night.</summary>
    public static int Times(int build, int night) => IsOn ? night : build;
}
