namespace GpuLossTests;

/// <summary>The programs of src/samples, each of which checks itself.</summary>
public class SampleTests
{
    public static TheoryData<string> Samples => [.. Repository.FilesOf("src/samples", "*.cs")];

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task A_sample_runs(string sample)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(
            await Workspace.RunIn(Repository.Root, "dotnet", "run", "-c", Repository.Configuration, sample));
        Assert.Contains("InvalidOperationException", Repository.Read(sample), StringComparison.Ordinal);
    }
}
