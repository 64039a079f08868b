using System.Text.RegularExpressions;

namespace GpuLossTests;

/// <summary>What these tests read of a page.</summary>
internal static partial class Markdown
{
    /// <summary>The blocks of code in a language, without their fences.</summary>
    internal static IEnumerable<string> Code(string page, string language) =>
        Fence().Matches(page).Where(block => block.Groups[1].Value == language).Select(block => block.Groups[2].Value);

    /// <summary>Where links and pictures lead.</summary>
    internal static IEnumerable<string> Links(string page) => Link().Matches(WithoutCode(page)).Select(link => link.Groups[1].Value);

    /// <summary>The names of the headings in an address.</summary>
    internal static IEnumerable<string> Anchors(string page) =>
        Heading().Matches(WithoutCode(page)).Select(heading => string.Concat(heading.Groups[1].Value.ToLowerInvariant()
            .Where(letter => char.IsLetterOrDigit(letter) || letter is ' ' or '-' or '_')).Replace(' ', '-'));

    private static string WithoutCode(string page) => Fence().Replace(page, "");

    [GeneratedRegex(@"^```(\w*)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"\[[^\[\]]*\]\(([^)]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
