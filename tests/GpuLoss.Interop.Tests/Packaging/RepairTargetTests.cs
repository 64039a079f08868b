using GpuLoss.Interop.Tests.NativeLibrary;
using GpuLossTests;

namespace GpuLoss.Interop.Tests.Packaging;

/// <summary>The MSBuild target by itself, with a library of the test's choice in the package's place.</summary>
public sealed class RepairTargetTests : IDisposable
{
    private readonly Workspace _workspace;
    private readonly string _repaired;

    public RepairTargetTests()
    {
        BuildFacts.RequireLinuxX64();
        _workspace = new();
        _repaired = _workspace.PathOf("obj/TorchSharp/1.2.3/libLibTorchSharp.so");
        var targets = Path.Combine(BuildFacts.RepositoryRoot, "interop/GpuLoss.Interop/build/GpuLoss.Interop.targets");
        _workspace.Write("probe.proj", $"""
            <Project>
              <PropertyGroup>
                <IntermediateOutputPath>obj/</IntermediateOutputPath>
              </PropertyGroup>
              <Import Project="{targets}" />
              <Target Name="ResolvePackageAssets">
                <ItemGroup>
                  <NativeCopyLocalItems Include="package.so" NuGetPackageId="TorchSharp" NuGetPackageVersion="1.2.3"
                                        PathInPackage="runtimes/linux-x64/native/libLibTorchSharp.so" />
                </ItemGroup>
              </Target>
              <Target Name="Show" DependsOnTargets="ResolvePackageAssets">
                <Message Importance="high" Text="copied: %(NativeCopyLocalItems.FullPath) (%(NativeCopyLocalItems.PathInPackage))" />
              </Target>
            </Project>
            """);
    }

    [Fact]
    public async Task The_repaired_library_takes_the_place_of_the_package_s_and_is_written_once()
    {
        File.Copy(BuildFacts.PackageLibrary, _workspace.PathOf("package.so"));
        var untouched = File.ReadAllBytes(BuildFacts.PackageLibrary);

        Assert.Contains($"copied: {_repaired} (runtimes/linux-x64/native/libLibTorchSharp.so)", await Build(), StringComparison.Ordinal);
        Assert.Equal(new LibTorchSharpImage(untouched).Repair(), File.ReadAllBytes(_repaired));
        Assert.Equal(untouched, File.ReadAllBytes(_workspace.PathOf("package.so")));

        var written = File.GetLastWriteTimeUtc(_repaired);
        Assert.Contains($"copied: {_repaired}", await Build(), StringComparison.Ordinal);
        Assert.Equal(written, File.GetLastWriteTimeUtc(_repaired));
    }

    [Fact]
    public async Task A_new_file_in_the_package_s_place_is_examined_again_and_never_written_through_a_link()
    {
        var library = File.ReadAllBytes(BuildFacts.PackageLibrary);
        File.WriteAllBytes(_workspace.PathOf("package.so"), library);
        await Build();
        var output = _workspace.PathOf("output.so");
        await _workspace.Run("ln", _repaired, output);
        var firstRepair = File.ReadAllBytes(output);

        library[^1] ^= 1; // in a field of a section header that nothing reads
        Replace(library);
        await Build();
        Assert.Equal(new LibTorchSharpImage(library).Repair(), File.ReadAllBytes(_repaired));
        Assert.Equal(firstRepair, File.ReadAllBytes(output));

        // This one is fine as it is: the last repair must not stay in use.
        Replace(firstRepair);
        Assert.Contains($"copied: {_workspace.PathOf("package.so")}", await Build(), StringComparison.Ordinal);
        Assert.False(File.Exists(_repaired));
    }

    [Fact]
    public async Task An_unknown_file_stays_in_place_with_one_clear_message()
    {
        _workspace.Write("package.so", "no library at all");

        var output = await Build();

        Assert.Contains(
            "Left package.so as it is (Unrecognized): it is not a 64-bit x86 ELF shared library.", output, StringComparison.Ordinal);
        Assert.Contains($"copied: {_workspace.PathOf("package.so")}", output, StringComparison.Ordinal);
        Assert.False(File.Exists(_repaired));
    }

    public void Dispose() => _workspace.Dispose();

    private void Replace(byte[] library)
    {
        File.WriteAllBytes(_workspace.PathOf("package.so"), library);
        File.SetLastWriteTimeUtc(_workspace.PathOf("package.so"), DateTime.UtcNow.AddSeconds(2)); // newer than the last build, on any clock
    }

    private Task<string> Build() => _workspace.Run("dotnet", "msbuild", "probe.proj", "-t:Show", "-nologo", "-v:minimal");
}
