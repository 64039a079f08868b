using System.Text.Json;

namespace GpuLoss.Cli.Tests.Comparing;

/// <summary>The real command on a tiny phantom.</summary>
public sealed class CompareCommandTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("gpuloss-compare-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_comparison_is_made_reported_and_gone_on_with()
    {
        var (image, labels) = Phantom("a <b> & c");
        string[] arguments =
        [
            "compare", "--image", image, "--labels", labels, "--classes", "<big>=1;small=2", "--losses", "ce,wce,dice+ce", "--steps", "4",
            "--patch", "16",
            "--out", Path.Combine(folder, "report"),
        ];
        var (exitCode, output, error) = Cli.Run([.. arguments, "--seeds", "1", "--sweep"]);
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("dice+ce, seed 1: done, 3 of 3 runs", output, StringComparison.Ordinal);
        Assert.Contains("wce: learning rate", output, StringComparison.Ordinal);
        Assert.Contains("0:00:00 left", output, StringComparison.Ordinal);
        var page = File.ReadAllText(Path.Combine(folder, "report", "report.html"));
        Assert.Contains("Weights of wce: background", page, StringComparison.Ordinal);
        Assert.Contains("&lt;big&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<big>", page, StringComparison.Ordinal);
        Assert.Contains("a &lt;b&gt; &amp; c", page, StringComparison.Ordinal);

        // More seeds: what is done is kept as it is, and what the runs of a seed share is the same.
        var before = Runs();
        (exitCode, output, error) = Cli.Run([.. arguments, "--seeds", "2", "--sweep", "--resume"]);
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("6 runs, 3 of them done before", output, StringComparison.Ordinal);
        var after = Runs();
        Assert.Equal(before, after[..3]);
        Assert.Equal(6, after.Count);

        // Without --resume nothing is lost: one line names what there is to do, and every file stays as it is.
        var files = Files();
        (exitCode, _, error) = Cli.Run([.. arguments, "--seeds", "2", "--sweep"]);
        Assert.Equal(2, exitCode);
        Assert.Contains("holds another comparison (state.json): --resume goes on with it, --overwrite puts the new one in its place",
            error, StringComparison.Ordinal);
        Assert.Equal(files, Files());
        (exitCode, _, error) = Cli.Run([.. arguments, "--resume", "--overwrite"]);
        Assert.Equal(2, exitCode);
        Assert.Contains("give one of them", error, StringComparison.Ordinal);

        // Nor where the new one cannot even begin.
        (exitCode, _, error) = Cli.Run([.. arguments, "--overwrite", "--budget", "0.1s"]);
        Assert.Equal(2, exitCode);
        Assert.Matches("^--budget 0.1s is too short for 9 runs: 4 steps of each need about [0-9.]+[sm] here", error);
        Assert.Equal(files, Files());
        Assert.DoesNotContain("<td>no</td>", File.ReadAllText(Path.Combine(folder, "report", "report.html")), StringComparison.Ordinal);

        // Other settings do not go on from it.
        (exitCode, _, error) = Cli.Run([.. arguments, "--seeds", "2", "--sweep", "--resume", "--rate", "0.1"]);
        Assert.Equal(2, exitCode);
        Assert.StartsWith("--resume: ", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void Several_volumes_are_divided_by_volume_and_get_equal_time()
    {
        var (first, second) = (Phantom("one"), Phantom("two"));
        var (exitCode, output, error) = Cli.Run(
        [
            "compare", "--image", first.Image, "--image", second.Image, "--labels", first.Labels, "--labels", second.Labels, "--losses",
            "dice,gdl", "--seeds", "1",
            "--equal", "time", "--budget", "14s", "--checkpoints", "1", "--patch", "16", "--out", folder,
        ]);
        Assert.Equal("", error);
        Assert.True(exitCode is 0 or 4, output); // 4 where the machine got slower on the way
        Assert.Contains("by volume: the first 1 train, the last 1 validate", output, StringComparison.Ordinal);
        Assert.Contains("equal time", output, StringComparison.Ordinal);
        Assert.Contains("Validation has 1 volume", output.ReplaceLineEndings(" "), StringComparison.Ordinal);
    }

    [Fact]
    public void Ctrl_C_leaves_a_report_of_the_finished_runs()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Sends SIGINT.");
        var (image, labels) = Phantom("scan");
        using var process = Cli.Start(
            ["compare", "--image", image, "--labels", labels, "--losses", "ce,dice", "--seeds", "100", "--steps", "3", "--budget", "9h",
                "--patch", "16", "--out", folder]);
        while (process.StandardOutput.ReadLine() is { } line && !line.Contains("done, 1 of 200 runs", StringComparison.Ordinal))
        {
        }

        Cli.Interrupt(process);
        var rest = process.StandardOutput.ReadToEnd().ReplaceLineEndings(" ");
        Assert.True(process.WaitForExit(60_000));
        Assert.Equal(130, process.ExitCode);
        Assert.Matches("[0-9]+ of 200 runs are finished", rest);
        Assert.Contains("It was interrupted with", rest, StringComparison.Ordinal);
        Assert.Contains("This goes on: gpuloss compare ", rest, StringComparison.Ordinal);
        Assert.Contains("partial result", File.ReadAllText(Path.Combine(folder, "report.html")), StringComparison.Ordinal);
        Assert.True(File.ReadAllLines(Path.Combine(folder, "measures.csv")).Length >= 4);
    }

    [Theory]
    [InlineData("--losses", "ce,ce", "--losses must be different names of")]
    [InlineData("--losses", "hinge", "--losses must be different names of")]
    [InlineData("--budget", "soon", "--budget must be a time as in 90s, 25m or 2h, or none, not soon")]
    [InlineData("--checkpoints", "0", "--checkpoints must be a whole number from 1 to 1000, not 0")]
    [InlineData("--seeds", "0", "--seeds must be a whole number from 1 to 100, not 0")]
    [InlineData("--rate", "2", "--rate must be a number between 0 and 1, not 2")]
    [InlineData("--split", "volume", "--split volume takes several volumes")]
    [InlineData("--image", "nowhere.nii", "there are 1 images and 0 label files")]
    [InlineData("--equal", "luck", "luck")]
    public void A_bad_option_is_one_line_and_exit_code_2(string option, string value, string reason)
    {
        var (exitCode, _, error) = Cli.Run(["compare", option, value, "--spacing", "8", "--out", folder]);
        Assert.Equal(2, exitCode);
        Assert.Contains(reason, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void There_is_nothing_to_resume_in_an_empty_folder()
    {
        var (exitCode, _, error) = Cli.Run(["compare", "--resume", "--spacing", "8", "--out", folder]);
        Assert.Equal(2, exitCode);
        Assert.StartsWith("--resume: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_budget_that_runs_out_says_so_and_what_goes_on_and_the_recorded_command_gives_the_same_result()
    {
        var (image, labels) = Phantom("scan");
        var report = Path.Combine(folder, "report");
        string[] arguments =
            ["compare", "--image", image, "--labels", labels, "--losses", "ce,dice", "--steps", "6", "--patch", "16", "--out", report];
        Assert.Equal(0, Cli.Run([.. arguments, "--seeds", "1", "--budget", "9h"]).ExitCode);

        // What goes on has nothing to plan, and one run is always made.
        var (exitCode, output, error) = Cli.Run([.. arguments, "--seeds", "3", "--budget", "0.1s", "--resume"]);
        Assert.Equal((4, ""), (exitCode, error));
        Assert.Contains("The budget of 0.1s ended it with ", output, StringComparison.Ordinal);
        Assert.Contains($"This goes on: gpuloss compare --image {image}", output, StringComparison.Ordinal);
        Assert.EndsWith("--seeds 3 --budget 0.1s --resume", output.TrimEnd(), StringComparison.Ordinal);

        using var summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(report, "comparison.json")));
        var again = summary.RootElement.GetProperty("reproduced_by").GetString()!.Split(' ')[1..];
        Assert.Equal(report + "-again", again[^1]);
        Assert.Equal(0, Cli.Run(again).ExitCode);
        var (first, second) =
            (File.ReadAllLines(Path.Combine(report, "measures.csv")), File.ReadAllLines(Path.Combine(report + "-again", "measures.csv")));
        Assert.Equal(1 + 3 * 3, first.Length);
        Assert.All(first, line => Assert.Contains(line, second));
    }

    private Dictionary<string, string> Files() => Directory.GetFiles(Path.Combine(folder, "report"))
        .ToDictionary(path => path, path => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path))));

    private List<string> Runs()
    {
        using var state = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "report", "state.json")));
        return [.. state.RootElement.GetProperty("Runs").EnumerateArray().Select(run => run.GetRawText())];
    }

    /// <summary>A bright box with a brighter one in it, both on both sides of the middle, as a NIfTI image and its labels.</summary>
    private (string Image, string Labels) Phantom(string name)
    {
        short[] size = [32, 24, 20];
        var (image, labels) = (NiftiTests.Nifti(2, 1, false, size), NiftiTests.Nifti(2, 1, false, size));
        for (var voxel = 0; voxel < size[0] * size[1] * size[2]; voxel++)
        {
            var (x, y, z) = (voxel % size[0], voxel / size[0] % size[1], voxel / size[0] / size[1]);
            var label = x is < 5 or >= 27 || y is < 5 or >= 19 ? 0 : x is >= 12 and < 20 && y is >= 8 and < 14 && z is >= 6 and < 12 ? 2
                : 1;
            (image[352 + voxel], labels[352 + voxel]) = ((byte)(20 + 60 * label + voxel * 7 % 13), (byte)label);
        }

        string Save(byte[] file, string suffix)
        {
            var path = Path.Combine(folder, $"{name}{suffix}.nii");
            File.WriteAllBytes(path, file);
            return path;
        }

        return (Save(image, ""), Save(labels, "-labels"));
    }
}
