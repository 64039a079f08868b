using System.IO.Compression;
using TorchSharp;

namespace GpuLoss.Interop.Tests.NativeLibrary;

public class NativeLibraryStateTests
{
    public NativeLibraryStateTests() => BuildFacts.RequireLinuxX64();

    [Fact]
    public void Torch_runs_with_the_library_in_the_build_output()
    {
        Assert.Equal(3, torch.ones(3).sum().item<float>());

        var loaded = File.ReadLines("/proc/self/maps").Where(line => line.EndsWith("/" + BuildFacts.LibraryName, StringComparison.Ordinal));
        Assert.All(loaded, line => Assert.EndsWith(BuildFacts.OutputLibrary, line, StringComparison.Ordinal));
        Assert.NotEmpty(loaded);
    }

    [Fact]
    public void The_build_output_holds_the_repaired_library()
    {
        var report = NativeLibraryState.Inspect();
        var package = new LibTorchSharpImage(File.ReadAllBytes(BuildFacts.PackageLibrary));

        Assert.Equal((NativeLibraryCondition.Repaired, BuildFacts.OutputLibrary), (report.Condition, report.Path));
        Assert.Equal(package.Repair(), File.ReadAllBytes(BuildFacts.OutputLibrary));
    }

    [Fact]
    public void The_package_in_the_cache_holds_what_was_downloaded()
    {
        var download = Directory.GetFiles(BuildFacts.TorchSharpPackage, "*.nupkg").Single();
        using var archive = ZipFile.OpenRead(download);
        using var original = new MemoryStream();
        using (var entry = archive.GetEntry($"runtimes/linux-x64/native/{BuildFacts.LibraryName}")!.Open())
            entry.CopyTo(original);

        Assert.Equal(original.ToArray(), File.ReadAllBytes(BuildFacts.PackageLibrary));
        Assert.Equal(NativeLibraryCondition.Unrepaired, NativeLibraryState.Inspect(BuildFacts.PackageLibraryFolder).Condition);
    }

    [Fact]
    public void A_portable_program_has_the_library_under_runtimes()
    {
        var report = NativeLibraryState.Inspect(BuildFacts.TorchSharpPackage);

        Assert.Equal((NativeLibraryCondition.Unrepaired, BuildFacts.PackageLibrary), (report.Condition, report.Path));
    }

    [Fact]
    public void A_folder_without_the_library_is_told_apart()
    {
        var report = NativeLibraryState.Inspect(BuildFacts.RepositoryRoot);

        Assert.Equal((NativeLibraryCondition.NotFound, null), (report.Condition, report.Path));
        Assert.Contains(BuildFacts.RepositoryRoot, report.Explanation, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    public void A_blank_folder_is_refused(string directory) =>
        Assert.Equal("directory", Assert.Throws<ArgumentException>(() => NativeLibraryState.Inspect(directory)).ParamName);
}
