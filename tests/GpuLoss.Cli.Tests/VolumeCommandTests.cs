using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace GpuLoss.Cli.Tests;

/// <summary>The real command on files as scanners and programs write them.</summary>
public sealed class VolumeCommandTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("gpuloss-volumes-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Voxels_in_micrometres_taken_for_mm_are_one_line_and_exit_code_2()
    {
        var file = new NiftiMaker
        {
            Type = 4,
            Size = [16, 16, 16],
            Pixdim = [1000, 1000, 1000],
            Voxels = [.. Enumerable.Range(0, 4096).Select(i => (object)(i % 3))]
        };
        var path = file.Save(folder, "scan.nii");
        AssertRefused("16×16×16 voxels of 1000 mm become 16000×16000×16000 of 1 mm",
            ["train", "--image", path, "--labels", path, "--spacing", "1"]);

        // With the unit that they have, they are those of a millimetre.
        var known = (file with { Units = 3 }).Save(folder, "known.nii");
        Assert.Equal("1", Train(known, known, "--spacing", "1").Spacing);
    }

    [Fact]
    public void A_turned_scan_trains_as_a_straight_one_and_says_so()
    {
        var labels = Enumerable.Range(0, 16 * 16 * 16).Select(i => i / 16 % 16 < 6 ? 0 : i / 256 < 8 ? 1 : 2).ToArray();
        object[] image = [.. labels.Select((label, i) => (object)(50 * label + i * 7 % 13))];
        var straight = new NiftiMaker
        {
            Type = 4,
            Size = [16, 16, 16],
            SformCode = 1,
            Sform = new double[,] { { 1, 0, 0, 0 }, { 0, 1, 0, 0 }, { 0, 0, 1, 0 } }
        };
        var mirrored = straight with { Sform = new double[,] { { 1, 0, 0, 0 }, { 0, -1, 0, 15 }, { 0, 0, 1, 0 } } };
        object[] turned = [.. Enumerable.Range(0, 4096).Select(i => (object)labels[i / 256 * 256 + (15 - i / 16 % 16) * 16 + i % 16])];
        var imagePath = (straight with { Voxels = image }).Save(folder, "image.nii");
        var labelsPath = (straight with { Voxels = [.. labels.Cast<object>()] }).Save(folder, "labels.nii");
        var turnedPath = (mirrored with { Voxels = turned }).Save(folder, "turned.nii");
        var (expected, actual) = (Train(imagePath, labelsPath), Train(imagePath, turnedPath));
        Assert.Contains("image RAS, labels RPS, same space: reoriented", actual.Output, StringComparison.Ordinal);
        Assert.Equal(expected.Losses, actual.Losses);

        // The same voxels where the affine has the first of them at the other end.
        var shifted = mirrored with { Voxels = turned, Sform = new double[,] { { 1, 0, 0, 0 }, { 0, -1, 0, 0 }, { 0, 0, 1, 0 } } };
        AssertRefused(
            "(image RAS by sform, labels RPS by sform)",
            ["train", "--image", imagePath, "--labels", shifted.Save(folder, "shifted.nii")]);
    }

    [Theory]
    [InlineData("train --spacing 0.04", "--spacing must be a number of mm from 0.05 to 50 or three of them, as in 1,1,3, not 0.04.")]
    [InlineData("train --spacing 1,2", "--spacing must be a number of mm")]
    [InlineData("train --spacing 1,2,51", "--spacing must be a number of mm")]
    [InlineData("train --loss dices", "--loss must be one of ")]
    [InlineData("train --device gpu", "--device must be one of cpu, cuda, not gpu.")]
    [InlineData("train --nan keep", "--nan must be one of refuse, zero, not keep.")]
    [InlineData("compare --equal luck", "--equal must be one of steps, time, not luck.")]
    [InlineData("train --spacing 0.05", "become ")] // a bound is a value; Colin 27 or the phantom of that size is too large
    public void A_value_that_is_not_taken_is_named_with_its_option(string command, string reason) =>
        AssertRefused(reason, command.Split(' '));

    [Fact]
    public void Two_classes_of_one_name_in_a_file_are_refused()
    {
        var path = Path.Combine(folder, "classes.json");
        var scan = new NiftiMaker { Type = 4, Size = [2, 2, 2], Voxels = [0, 1, 2, 3, 0, 1, 2, 3] }.Save(folder, "scan.nii");
        foreach (var (text, reason) in new[]
        {
            ("""{ "a": [1], "a": [2] }""", "\"a\" is empty or there twice"), ("[1]", "--classes"),
            ("""{ "a": "1" }""", "--classes"), ("""{ "a": [1.5] }""", "--classes"),
        })
        {
            File.WriteAllText(path, text);
            AssertRefused(reason, ["train", "--image", scan, "--labels", scan, "--classes", path]);
        }
    }

    [Fact]
    public void NaN_trains_where_it_is_said_to_be_0()
    {
        object[] labels = [.. Enumerable.Range(0, 4096).Select(i => (object)(i < 2048 ? 0 : 1))];
        var labelsPath = new NiftiMaker { Type = 4, Size = [16, 16, 16], Voxels = labels }.Save(folder, "labels.nii");
        var imagePath = new NiftiMaker
        {
            Size = [16, 16, 16],
            Voxels = [.. labels.Select((label, i) => (object)(i % 16 == 0 ? float.NaN : i % 9))]
        }.Save(folder, "image.nii");
        AssertRefused("256 of 4096 voxels are NaN, the first at voxel (0, 0, 0); --nan zero takes them as 0.",
            ["train", "--image", imagePath, "--labels", labelsPath]);
        Assert.Contains("256 of 4096 voxels are NaN and were taken as 0", Train(imagePath, labelsPath, "--nan", "zero").Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_in_a_file_is_as_long_as_it_is()
    {
        var output = Cli.Run(
            ["train", "--steps", "1", "--spacing", "8", "--patch", "16", "--out", Path.Combine(folder, new string('x', 100))]).Output;
        Assert.Contains(output.Split('\n'), line =>
            line.StartsWith("Report: ", StringComparison.Ordinal) && line.EndsWith("summary.json)", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--help", "gpuloss [command] [options]")]
    [InlineData("train --help", "gpuloss train [options]")]
    [InlineData("train --help", "<refuse|zero>")]
    [InlineData("compare --help", "Default: ce,wce,dice,gdl,dice+ce.")]
    [InlineData("", "gpuloss [command] [options]")]
    public void Help_calls_the_program_by_its_name(string arguments, string usage)
    {
        var (exitCode, output, error) = Cli.Run(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains(usage, output, StringComparison.Ordinal);
        Assert.DoesNotContain("GpuLoss.Cli", output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_version_is_told() => Assert.Matches(@"^\d+\.\d+", Cli.Run(["--version"]).Output);

    [Fact]
    public void Bench_shows_quartiles()
    {
        var output = Cli.Run(["bench", "--classes", "2", "--side", "16"]).Output;
        var quartiles = Regex.Matches(output, @"(?<median>\d+\.\d+) \((?<low>\d+\.\d+)–(?<high>\d+\.\d+)\)");
        Assert.Equal(4, quartiles.Count);
        double Number(Match match, string group) => double.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);
        Assert.All(quartiles, match => Assert.InRange(Number(match, "median"), Number(match, "low"), Number(match, "high")));
        Assert.Contains(quartiles, match => Number(match, "low") < Number(match, "high"));
    }

    private void AssertRefused(string reason, string[] arguments)
    {
        var (exitCode, output, error) = Cli.Run([.. arguments, "--out", Path.Combine(folder, "report")]);
        Assert.Equal((2, ""), (exitCode, output));
        Assert.Contains(reason, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    private (string Output, string Spacing, string[] Losses) Train(string image, string labels, params string[] options)
    {
        var report = Path.Combine(folder, Path.GetRandomFileName());
        var (exitCode, output, error) =
            Cli.Run(["train", "--image", image, "--labels", labels, "--steps", "2", "--patch", "16", "--out", report, .. options]);
        Assert.Equal((0, ""), (exitCode, error));
        using var summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(report, "summary.json")));
        return (
            output, summary.RootElement.GetProperty("data").GetProperty("spacing_mm")[0].ToString(),
            [.. File.ReadLines(Path.Combine(report, "metrics.csv")).Select(row => row.Split(',')[1])]);
    }
}
