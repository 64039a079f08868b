using System.Text.RegularExpressions;

namespace GpuLossTests;

/// <summary>The pages as they lie in the repository.</summary>
public partial class PageTests
{
    private const int LongestLine = 140;
    private const int LinesOfReadme = 150;
    private const int LinesOfAScreen = 60;

    public static TheoryData<string> Guide => [.. Repository.Guide];

    public static TheoryData<string> Pages => [.. Repository.Pages];

    [Fact]
    public void The_readme_is_short_and_says_first_what_matters()
    {
        var lines = File.ReadAllLines(Repository.PathOf("README.md"));
        Assert.InRange(lines.Length, 1, LinesOfReadme);
        Assert.Contains("not run on a GPU yet", string.Join(' ', lines.Skip(2).TakeWhile(line => line.Length > 0)).ReplaceLineEndings(" "),
            StringComparison.Ordinal);
        var screen = string.Join('\n', lines.Take(LinesOfAScreen));
        foreach (var needed in (string[])["dotnet add package GpuLoss", "```csharp", "| Loss |", "`DeepSupervisionLoss`", "dotnet pack"])
            Assert.Contains(needed, screen, StringComparison.Ordinal);
    }

    [Fact]
    public void The_readme_names_every_loss()
    {
        var readme = Repository.Read("README.md");
        var losses = LossFactory()
            .Matches(Repository.Read("src/GpuLoss/PublicAPI.Shipped.txt") + Repository.Read("src/GpuLoss/PublicAPI.Unshipped.txt"))
            .Select(match => match.Groups[1].Value).ToHashSet();
        Assert.InRange(losses.Count, 18, 100);
        Assert.All(losses, loss => Assert.Contains($"`{loss}`", readme, StringComparison.Ordinal));
        Assert.All(losses, loss => Assert.Contains($"`{loss}`", Repository.Read("src/guide/losses.md"), StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Guide))]
    public void Lines_fit_a_screen(string page) =>
        Assert.All(File.ReadAllLines(Repository.PathOf(page)), line =>
            Assert.True(line.Length <= LongestLine, $"{line.Length} characters: {line}"));

    [Theory]
    [MemberData(nameof(Pages))]
    public void Links_lead_to_files_and_headings_that_exist(string page)
    {
        foreach (var link in Markdown.Links(Repository.Read(page)).Where(link => !link.StartsWith("http", StringComparison.Ordinal)))
        {
            var parts = link.Split('#');
            var file = parts[0].Length == 0 ? Repository.PathOf(page)
                : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Repository.PathOf(page))!, parts[0]));
            Assert.True(File.Exists(file), $"{page} links to {link}, which is no file.");
            if (parts.Length > 1)
                Assert.True(Markdown.Anchors(File.ReadAllText(file)).Contains(parts[1]),
                    $"{page} links to {link}, a heading that is not there.");
        }
    }

    [Fact]
    public void Every_page_of_the_guide_is_one_click_from_the_readme_and_in_the_contents_of_the_site()
    {
        var links = Markdown.Links(Repository.Read("README.md")).Select(link => link.Split('#')[0]).ToHashSet();
        var contents = Repository.Read("src/guide/site/guide.yml");
        Assert.All(Repository.Guide.Skip(1), page => Assert.Contains(page, links));
        Assert.All(
            Repository.Guide,
            page => Assert.Contains($"href: {Path.GetRelativePath("src/guide", page)}\n", contents, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_sample_stands_on_their_page()
    {
        var links = Markdown.Links(Repository.Read("src/guide/samples.md")).Select(Path.GetFileName).ToHashSet();
        Assert.Equal(Repository.FilesOf("src/samples", "*").Select(Path.GetFileName).ToHashSet(), links);
    }

    [Fact]
    public void Forms_for_issues_ask_for_the_doctor()
    {
        var forms = Repository.FilesOf(".github/ISSUE_TEMPLATE", "*.yml")
            .Where(form => !form.EndsWith("config.yml", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, forms.Count);
        Assert.All(forms, form => Assert.Contains("label: Output of `gpuloss doctor`", Repository.Read(form), StringComparison.Ordinal));
    }

    [Fact]
    public void The_version_stands_in_one_place_and_begins_the_changes()
    {
        var version = Version().Match(Repository.Read("Directory.Build.props")).Groups[1].Value;
        Assert.Matches(@"^\d+\.\d+\.\d+", version);
        Assert.Equal(version, Heading().Match(Repository.Read(".github/CHANGELOG.md")).Groups[1].Value);
        var projects = Directory.GetFiles(Repository.PathOf("src"), "*.csproj", SearchOption.AllDirectories);
        Assert.All(projects, project => Assert.DoesNotContain("Version>", File.ReadAllText(project), StringComparison.Ordinal));
    }

    [GeneratedRegex(@"^static GpuLoss\.nn\.(\w+Loss)\(", RegexOptions.Multiline)]
    private static partial Regex LossFactory();

    [GeneratedRegex("<Version>(.*)</Version>")]
    private static partial Regex Version();

    [GeneratedRegex("^## (.*)$", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
