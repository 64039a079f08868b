using System.Text.RegularExpressions;

namespace GpuLossTests;

/// <summary>A loss in an evening: what CONTRIBUTING says, done word for word in a copy of the repository.</summary>
public sealed partial class ContributingTests : IDisposable
{
    private readonly Workspace workspace = new();

    public void Dispose() => workspace.Dispose();

    [Fact]
    public async Task The_worked_example_works()
    {
        var all = Repository.Read(".github/CONTRIBUTING.md");
        var example = all[
            all.IndexOf("## A loss in an evening", StringComparison.Ordinal)..all.IndexOf("## Reports", StringComparison.Ordinal)];
        await CopyRepository();

        var files = NewFile().Matches(example);
        Assert.Equal(3, files.Count);
        foreach (Match file in files)
        {
            Assert.False(File.Exists(workspace.PathOf(file.Groups[1].Value)), $"{file.Groups[1].Value} exists.");
            workspace.Write(file.Groups[1].Value, file.Groups[2].Value);
        }

        var lines = AddedLines().Match(example);
        Assert.True(lines.Success);
        File.AppendAllText(workspace.PathOf(lines.Groups[1].Value), lines.Groups[2].Value);

        var command = Command().Matches(example).Single().Groups[1].Value.Replace("'", "", StringComparison.Ordinal).Split(' ');
        var output = await workspace.Run(command[0], command[1..]);
        Assert.Matches(@"total: 4\b", output);
        Assert.Matches(@"succeeded: 4\b", output);
    }

    private async Task CopyRepository()
    {
        var files = await Workspace.RunIn(Repository.Root, "git", "ls-files", "--cached", "--others", "--exclude-standard", "-z");
        foreach (var file in files.Split('\0', StringSplitOptions.RemoveEmptyEntries).Where(file => File.Exists(Repository.PathOf(file))))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(workspace.PathOf(file))!);
            File.Copy(Repository.PathOf(file), workspace.PathOf(file));
        }
    }

    [GeneratedRegex(@"^`([\w./]+)`:\n\n```csharp\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex NewFile();

    [GeneratedRegex(@"added\s+to\s+`([\w./]+)`:\n\n```text\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex AddedLines();

    [GeneratedRegex("^    (dotnet run .*)$", RegexOptions.Multiline)]
    private static partial Regex Command();
}
