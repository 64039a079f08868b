using System.Globalization;
using System.IO.Compression;
using System.Xml.Linq;
using GpuLoss.Interop.Tests.NativeLibrary;

namespace GpuLoss.Interop.Tests.Packaging;

/// <summary>What a user gets who adds the package to a program: it builds, trains and publishes on this machine.</summary>
public class PackageConsumerTests : IClassFixture<PackageFixture>
{
    private readonly PackageFixture _packages;

    public PackageConsumerTests(PackageFixture packages)
    {
        BuildFacts.RequireLinuxX64();
        _packages = packages;
    }

    [Fact]
    public async Task A_program_that_is_built_twice_trains()
    {
        await _packages.Dotnet("build");
        var library = _packages.PathOf("bin/Release/net10.0/runtimes/linux-x64/native/libLibTorchSharp.so");
        var written = File.GetLastWriteTimeUtc(library);
        await _packages.Dotnet("build");

        Assert.Equal(written, File.GetLastWriteTimeUtc(library));
        AssertLossFalls(await _packages.Run("dotnet", "bin/Release/net10.0/consumer.dll"));
        AssertRepaired("bin/Release/net10.0");
    }

    [Fact]
    public async Task A_published_program_trains()
    {
        await _packages.Dotnet("publish", "-o", "portable");

        AssertLossFalls(await _packages.Run("dotnet", "portable/consumer.dll"));
        AssertRepaired("portable");
    }

    [Fact]
    public async Task A_self_contained_program_trains()
    {
        await _packages.Dotnet("publish", "-r", "linux-x64", "--self-contained", "-o", "selfcontained");

        AssertLossFalls(await _packages.Run(_packages.PathOf("selfcontained/consumer")));
        AssertRepaired("selfcontained");
    }

    [Fact]
    public void One_package_is_all_there_is_to_install_and_none_brings_libtorch() => Assert.Equal(
        [
            ("GpuLoss", ["ILGPU", "ILGPU.Algorithms", "System.Numerics.Tensors", "TorchSharp"]),
            ("GpuLoss.Distributed", [$"GpuLoss {_packages.Version}"]),
        ],
        PackageFixture.PackageIds.Select(id => (id, Dependencies(id))));

    [Fact]
    public void Packages_carry_their_parts_symbols_and_the_repair()
    {
        string[] parts = ["GpuLoss", "GpuLoss.Interop", "GpuLoss.Kernels"];
        Assert.Superset(
            new HashSet<string>([
                "lib/net10.0/GpuLoss.xml", "build/GpuLoss.targets", "buildTransitive/GpuLoss.targets",
                "buildTransitive/RepairLibTorchSharp.cs",
                .. parts.Select(part => $"lib/net10.0/{part}.dll"),
            ]),
            Files("GpuLoss", "nupkg"));
        Assert.Superset(new HashSet<string>(parts.Select(part => $"lib/net10.0/{part}.pdb")), Files("GpuLoss", "snupkg"));
        Assert.Superset(new HashSet<string> { "lib/net10.0/GpuLoss.Distributed.dll", "lib/net10.0/GpuLoss.Distributed.xml" },
            Files("GpuLoss.Distributed", "nupkg"));
        Assert.DoesNotContain("lib/net10.0/GpuLoss.Interop.dll", Files("GpuLoss.Distributed", "nupkg"));
    }

    [Fact]
    public void The_parts_show_users_nothing()
    {
        Assert.Empty(typeof(NativeLibraryState).Assembly.GetExportedTypes());
        Assert.Empty(typeof(Kernels.Host.HostEngine).Assembly.GetExportedTypes());
    }

    /// <summary>A gallery shows what is in the package and nothing else.</summary>
    [Fact]
    public void Packages_say_what_they_are_without_pictures_or_pages_from_elsewhere()
    {
        var changes = File.ReadAllText(Path.Combine(BuildFacts.RepositoryRoot, ".github/CHANGELOG.md"));
        foreach (var id in PackageFixture.PackageIds)
        {
            Assert.Superset(new HashSet<string> { "README.md", "icon.png" }, Files(id, "nupkg"));
            var readme = Text(id, "README.md");
            Assert.StartsWith($"# {id}\n", readme, StringComparison.Ordinal);
            Assert.Contains("```csharp", readme, StringComparison.Ordinal);
            Assert.DoesNotContain("](", readme, StringComparison.Ordinal);
            var facts = XDocument.Parse(Text(id, $"{id}.nuspec")).Descendants()
                .ToLookup(element => element.Name.LocalName, element => element.Value);
            Assert.Equal("icon.png", facts["icon"].Single());
            Assert.Contains(facts["releaseNotes"].Single().Trim(), changes, StringComparison.Ordinal);
            Assert.StartsWith(changes[(changes.IndexOf("\n## ", StringComparison.Ordinal) + 4)..].Split('\n')[0] + "\n",
                facts["releaseNotes"].Single(), StringComparison.Ordinal);
            Assert.Empty(facts["projectUrl"]);
        }
    }

    private static void AssertLossFalls(string output)
    {
        var losses = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => float.Parse(line["loss ".Length..], CultureInfo.InvariantCulture)).ToList();
        TestContext.Current.TestOutputHelper?.WriteLine(output);
        Assert.Equal(20, losses.Count);
        Assert.All(losses, loss => Assert.True(float.IsFinite(loss)));
        Assert.True(losses[^1] < 0.7f * losses[0], $"The loss went from {losses[0]} to {losses[^1]}.");
    }

    private void AssertRepaired(string folder)
    {
        Assert.Equal(NativeLibraryCondition.Repaired, NativeLibraryState.Inspect(_packages.PathOf(folder)).Condition);
        Assert.Equal(NativeLibraryCondition.Unrepaired, NativeLibraryState.Inspect(BuildFacts.PackageLibraryFolder).Condition);
    }

    private HashSet<string> Files(string id, string extension)
    {
        using var package = ZipFile.OpenRead(_packages.PathOf($"feed/{id}.{_packages.Version}.{extension}"));
        return [.. package.Entries.Select(entry => entry.FullName)];
    }

    private string Text(string id, string file)
    {
        using var package = ZipFile.OpenRead(_packages.PathOf($"feed/{id}.{_packages.Version}.nupkg"));
        using var reader = new StreamReader(package.GetEntry(file)!.Open());
        return reader.ReadToEnd();
    }

    /// <summary>The dependencies a package names, with the versions of those that are made here.</summary>
    private string[] Dependencies(string id) =>
        [
            .. XDocument.Parse(Text(id, $"{id}.nuspec")).Descendants()
                .Where(element => element.Name.LocalName == "dependency")
                .Select(element => (Id: element.Attribute("id")!.Value, Version: element.Attribute("version")!.Value))
                .Select(needed => PackageFixture.PackageIds.Contains(needed.Id) ? $"{needed.Id} {needed.Version}" : needed.Id)
                .Order(StringComparer.Ordinal),
        ];
}
