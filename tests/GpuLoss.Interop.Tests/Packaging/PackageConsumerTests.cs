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
    public void Packages_depend_on_each_other_and_bring_no_libtorch() => Assert.Equal(
        [
            ("GpuLoss", [$"GpuLoss.Interop {_packages.Version}"]),
            ("GpuLoss.Interop", [$"GpuLoss.Kernels {_packages.Version}", "TorchSharp"]),
            ("GpuLoss.Kernels", ["ILGPU", "ILGPU.Algorithms", "System.Numerics.Tensors"]),
        ],
        PackageFixture.PackageIds.Select(id => (id, Dependencies(id))));

    [Fact]
    public void Packages_carry_readme_documentation_symbols_and_the_repair()
    {
        foreach (var id in PackageFixture.PackageIds)
        {
            Assert.Superset(new HashSet<string> { "README.md", $"lib/net10.0/{id}.dll", $"lib/net10.0/{id}.xml" }, Files(id, "nupkg"));
            Assert.Contains($"lib/net10.0/{id}.pdb", Files(id, "snupkg"));
        }

        Assert.Superset(
            new HashSet<string> { "buildTransitive/GpuLoss.Interop.targets", "buildTransitive/RepairLibTorchSharp.cs" },
            Files("GpuLoss.Interop", "nupkg"));
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

    /// <summary>The dependencies a package names, with the versions of those that are made here.</summary>
    private string[] Dependencies(string id)
    {
        using var package = ZipFile.OpenRead(_packages.PathOf($"feed/{id}.{_packages.Version}.nupkg"));
        using var specification = package.GetEntry($"{id}.nuspec")!.Open();
        return
        [
            .. XDocument.Load(specification).Descendants()
                .Where(element => element.Name.LocalName == "dependency")
                .Select(element => (Id: element.Attribute("id")!.Value, Version: element.Attribute("version")!.Value))
                .Select(needed => PackageFixture.PackageIds.Contains(needed.Id) ? $"{needed.Id} {needed.Version}" : needed.Id)
                .Order(StringComparer.Ordinal),
        ];
    }
}
