using System.Runtime.InteropServices;

namespace GpuLossTests;

/// <summary><c>gpuloss</c> as a .NET tool: packed, installed from a feed of its own, and run outside of the repository.</summary>
public sealed class ToolTests : IDisposable
{
    private readonly Workspace workspace = new();

    public ToolTests() =>
        Assert.SkipUnless(OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64,
            "The tool is packed for the building machine, here Linux x64.");

    public void Dispose() => workspace.Dispose();

    [Fact]
    public async Task The_installed_tool_examines_times_and_trains()
    {
        var version = $"0.0.1-test-{Guid.NewGuid():N}";
        await workspace.Run(
            "dotnet", "pack", Repository.PathOf("src/GpuLoss.Cli"), "--no-build", "-c", Repository.Configuration, "-o",
            workspace.PathOf("feed"),
            $"-p:PackageVersion={version}", $"-p:NuspecOutputPath={workspace.PathOf("nuspec/")}",
            $"-p:PublishDir={workspace.PathOf("publish/")}");
        workspace.Write("nuget.config", """
            <configuration>
              <packageSources>
                <clear />
                <add key="local" value="feed" />
              </packageSources>
            </configuration>
            """);
        await workspace.Run("dotnet", "tool", "install", "GpuLoss.Cli", "--version", version, "--tool-path", "tools");
        var tool = workspace.PathOf("tools/gpuloss");

        var doctor = await workspace.Run(tool, "doctor");
        Assert.Matches(@"native library +Repaired: ", doctor);
        Assert.Matches(@"libtorch +2\.10", doctor);
        Assert.Contains(workspace.PathOf("tools"), doctor, StringComparison.Ordinal);

        Assert.Contains("eager / fused", await workspace.Run(tool, "bench", "--classes", "2", "--side", "8"), StringComparison.Ordinal);

        await workspace.Run(tool, "train", "--steps", "2", "--spacing", "4", "--patch", "16", "--out", "report");
        Assert.Superset(
            new HashSet<string?> { "loss.png", "slices.png", "metrics.csv", "summary.json" },
            Directory.GetFiles(workspace.PathOf("report")).Select(Path.GetFileName).ToHashSet());
    }
}
