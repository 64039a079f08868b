using GpuLoss.Interop.Tests.NativeLibrary;
using GpuLossTests;

namespace GpuLoss.Interop.Tests.Packaging;

/// <summary>The packages for programs in a local feed, and a fresh console program outside the repository that uses them.</summary>
public sealed class PackageFixture : IAsyncLifetime
{
    internal static readonly string[] PackageIds = ["GpuLoss", "GpuLoss.Distributed"];

    private const string Program = """
        using System.Globalization;
        using TorchSharp;
        using static TorchSharp.torch;
        using fused = GpuLoss.nn;

        manual_seed(1);
        using var volume = randn([2, 1, 8, 8, 8]);
        using var labels = (volume.gt(0).to(int64) + volume.gt(1).to(int64)).squeeze(1);
        using var network = nn.Sequential(nn.Conv3d(1, 8, 3, padding: 1), nn.ReLU(), nn.Conv3d(8, 3, 1));
        using var optimizer = optim.Adam(network.parameters(), lr: 0.05);
        using var criterion = fused.DiceCELoss(include_background: false, batch: true);
        for (var step = 0; step < 20; step++)
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            var loss = criterion.forward(network.forward(volume), labels);
            loss.backward();
            optimizer.step();
            Console.WriteLine("loss " + loss.item<float>().ToString(CultureInfo.InvariantCulture));
        }
        """;

    private readonly Workspace _workspace = new();

    /// <summary>A version no other run has used: NuGet's cache can hold nothing stale under it.</summary>
    internal string Version { get; } = $"0.0.1-test-{Guid.NewGuid():N}";

    internal string PathOf(string relative) => _workspace.PathOf(relative);

    internal Task<string> Run(string program, params string[] arguments) => _workspace.Run(program, arguments);

    /// <summary>Builds or publishes the program. Hard links spare a copy of the 490 MB of libtorch.</summary>
    internal Task<string> Dotnet(string command, params string[] arguments) =>
        Run("dotnet", [command, "-c", "Release", "-p:CreateHardLinksForCopyLocalIfPossible=true", .. arguments]);

    public async ValueTask InitializeAsync()
    {
        if (!BuildFacts.IsLinuxX64)
            return;
        await Run(
            "dotnet", "pack", BuildFacts.RepositoryRoot, "--no-build", "-c", BuildFacts.Configuration, "-o", PathOf("feed"),
            $"-p:PackageVersion={Version}", $"-p:NuspecOutputPath={PathOf("nuspec/")}", "-p:PacksTool=false");
        _workspace.Write("nuget.config", """
            <configuration>
              <packageSources>
                <add key="local" value="feed" />
              </packageSources>
            </configuration>
            """);
        _workspace.Write("Program.cs", Program);
        _workspace.Write("consumer.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="GpuLoss" Version="{Version}" />
                <PackageReference Include="libtorch-cpu-linux-x64" Version="2.10.0" />
              </ItemGroup>
            </Project>
            """);
    }

    public ValueTask DisposeAsync()
    {
        _workspace.Dispose();
        var cache = Path.GetFullPath(Path.Combine(BuildFacts.TorchSharpPackage, "..", ".."));
        foreach (var id in PackageIds)
        {
            var cached = Path.Combine(cache, id.ToLowerInvariant(), Version);
            if (Directory.Exists(cached))
                Directory.Delete(cached, recursive: true);
        }

        return ValueTask.CompletedTask;
    }
}
