using System.Globalization;
using GpuLoss.Cli.Comparing;

namespace GpuLoss.Cli.Commands;

/// <summary>The command lines of a comparison: what was typed, what goes on with it, and what gives the same result again.</summary>
internal static class CommandLines
{
    /// <summary>What was typed, quoted where a shell needs it.</summary>
    public static string Of(IEnumerable<string> words) => "gpuloss " + string.Join(' ', words.Select(word =>
        word.Length > 0 && word.All(letter => char.IsLetterOrDigit(letter) || "-_.,/+=:".Contains(letter, StringComparison.Ordinal))
            ? word
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'"));

    /// <summary>What goes on with a comparison that did not come to its end.</summary>
    public static string GoingOn(IReadOnlyList<string> typed) => Of([.. Without(typed, "--resume", "--overwrite"), "--resume"]);

    /// <summary>
    /// What gives the same result on the same machine, however fast it is that day: the steps that the budget came to, and no budget. Null
    /// where runs got equal time, which no command repeats.
    /// </summary>
    public static string? Reproducing(IReadOnlyList<string> typed, RunLength length, string folder) => length.Seconds is not null
        ? null
        : Of(
        [
            .. Without(typed, "--resume", "--overwrite", "--steps", "--budget", "--checkpoints", "--out"),
            "--steps", length.Steps.ToString(CultureInfo.InvariantCulture), "--budget", "none",
            "--checkpoints", length.Checkpoints.ToString(CultureInfo.InvariantCulture), "--out", folder.TrimEnd('/') + "-again",
        ]);

    /// <summary>The words without some options and their values: "--a b", "--a=b" and "--a:b".</summary>
    private static IEnumerable<string> Without(IReadOnlyList<string> words, params string[] options)
    {
        for (var i = 0; i < words.Count; i++)
        {
            if (options.Contains(words[i]))
            {
                // The value, where there is one: no option of compare takes a value that begins with a dash.
                i += i + 1 < words.Count && !words[i + 1].StartsWith('-') ? 1 : 0;
                continue;
            }

            if (!Array.Exists(options, option =>
                words[i].StartsWith(option + "=", StringComparison.Ordinal) || words[i].StartsWith(option + ":", StringComparison.Ordinal)))
                yield return words[i];
        }
    }
}
